"""Negative controls: one thing broken at a time, and a test of these suites that turns red.

A test that can't fail holds nothing. Each control names the variant that somebody could write by
mistake, and the test that finds it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from storefront import binding, decisions, events, gateway, payments
from storefront.gateway import Gateway
from storefront.lifecycle import Settlement
from storefront.models import Payment
from tests.lifecycle import test_every_deal
from tests.shop import Shop
from tests.webhooks import (
    test_about_someone_else,
    test_amounts,
    test_crashes,
    test_forged,
    test_late,
    test_repeated,
)
from tests.webhooks.telling import paid, the


def remember_only_the_last(session: Any, event: Any, *_: Any) -> bool:
    """Ask the payments whether the event came before; they know only the last one."""
    is_last = select(Payment.id).where(Payment.last_event_id == event.id)
    return session.scalar(is_last) is None


def commit_the_effects_first(session: Any, _: Any, decision: Any) -> Any:
    """Commit what the event does before its row is written."""
    done = payments.advance(session, decision)
    session.connection().connection.commit()  # past the session, which leaves that to others
    return done


def signed_body(shop: Shop) -> bytes:
    """Return the event that would pay an order."""
    paid(shop)
    return json.dumps(the(shop, "payment_intent.succeeded")).encode()


def forged(shop: Shop) -> None:
    test_forged.test_exactly_the_bytes_on_the_wire_are_verified(shop, signed_body(shop))


def replayed(shop: Shop) -> None:
    test_forged.test_a_signature_is_good_for_five_minutes_in_both_directions(
        shop, signed_body(shop), 301, 400
    )


def another_amount(shop: Shop) -> None:
    test_amounts.test_another_amount_does_not_pay_the_order(shop, "payment_intent", -1)


def about_another(shop: Shop) -> None:
    test_about_someone_else.test_the_stored_pair_decides_whom_an_event_is_about(shop, "order_id")


def crashed(shop: Shop) -> None:
    test_crashes.test_a_failure_at_any_write_leaves_nothing_and_redelivery_completes(
        shop, "INSERT ON stripe_events"
    )


def dealt(shop: Shop) -> None:
    test_every_deal.test_a_purchase_ends_the_same_in_every_order(
        shop, "payment_intent", "declined_at_first", 60
    )


@dataclass(frozen=True, slots=True)
class Control:
    """`owner.name` replaced by `broken` turns `test` red."""

    owner: object
    name: str
    broken: object
    test: Callable[[Shop], None]


CONTROLS = {
    "NC-1: no inbox, only the last event is remembered": Control(
        events, "_insert", remember_only_the_last,
        test_repeated.test_an_older_event_delivered_again_changes_nothing,
    ),
    "NC-3: the last word counts": Control(
        decisions, "furthest", lambda _, heard: heard,
        test_late.test_a_late_decline_does_not_unpay_the_order,
    ),
    "NC-3: the last word counts, in some order": Control(
        decisions, "furthest", lambda _, heard: heard, dealt
    ),
    "E4: the first word counts, in some order": Control(
        decisions, "furthest", lambda known, heard: heard if known.created == 0 else known, dealt
    ),
    "NC-7: the amount isn't checked": Control(
        payments, "settlement", lambda *_, **__: Settlement.SETTLES, another_amount
    ),
    "NC-7: the currency isn't checked": Control(
        payments, "settlement", lambda *_, **__: Settlement.SETTLES,
        test_amounts.test_another_currency_does_not_pay_the_order,
    ),
    "E3: nobody verifies the signature": Control(
        Gateway, "verify", lambda *_, **__: None, forged
    ),
    "E3: a signature never gets old": Control(gateway, "SIGNATURE_TOLERANCE", 10**9, replayed),
    "E3: metadata is believed": Control(binding, "_contradicts", lambda *_: False, about_another),
    "E1: the effects are committed before the inbox row": Control(
        events, "_advance", commit_the_effects_first, crashed
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTROLS)
def test_what_is_intact_passes(sqlite_shop: Shop, name: str) -> None:
    CONTROLS[name].test(sqlite_shop)


@pytest.mark.parametrize("name", CONTROLS)
def test_what_is_broken_turns_a_test_red(
    sqlite_shop: Shop, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = CONTROLS[name]
    monkeypatch.setattr(control.owner, control.name, control.broken)

    with pytest.raises(AssertionError):
        control.test(sqlite_shop)
