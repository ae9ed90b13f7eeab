"""Negative controls: the shop is broken on purpose, and a bounded number of schedules must find it.

NC-6 (a plain BEGIN) is about locks between processes; it belongs to the tests with real ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storefront import attempts, catalog, checkout, decisions, events, gateway, payments, refunds
from storefront.db import reading
from storefront.gateway import Gateway
from storefront.lifecycle import Settlement
from storefront.models import Payment, Product
from tests.simulation.play import Report
from tests.simulation.scenarios import every_order
from tests.simulation.world import World
from tests.webhooks.test_negative_controls import remember_only_the_last

MOST_SCHEDULES = 200
_numbers = itertools.count(1)
_create, _place_order, _put_back = Gateway._create, checkout.place_order, catalog.put_back
SHELF = select(Product.id, Product.stock)
_stale: dict[str, int] = {}


def with_another_key(self: Gateway, call: Any, attempt: Any, params: Any) -> Any:
    """Ask under a key that no retry will use again."""

    def keyed(given: object, _: object) -> Any:
        return call(given, {"idempotency_key": f"key {next(_numbers)}"})

    return _create(self, keyed, attempt, params)


def look_at_the_shelf_first(owner: str, **options: Any) -> Any:
    """Read the stock before the transaction that takes it."""
    with reading() as session:
        _stale.update({row.id: row.stock for row in session.execute(SHELF)})
    return _place_order(owner, **options)


def take_what_was_seen(session: Any, wanted: Any) -> None:
    """Write the stock that was read before, less what is taken."""
    for product_id, quantity in wanted:
        left = _stale[product_id] - quantity
        session.execute(update(Product).where(Product.id == product_id).values(stock=left))


def put_back_twice(session: Any, order_id: str) -> None:
    """Release an order's stock, and once more."""
    _put_back(session, order_id)
    _put_back(session, order_id)


def refund_at_once(session: Session, payment_id: str, *, received: int, **_: object) -> None:
    """Ask Stripe while the transaction is open."""
    intent_id = session.get_one(Payment, payment_id).payment_intent_id or ""
    gateway.gateway().refund(intent_id, received, metadata={}, idempotency_key=payment_id)


def is_never() -> bool:
    """Say no to everything."""
    return False


def forget_the_call(*_: Any, **__: Any) -> None:
    """Decide on a refund, and keep it nowhere."""


@dataclass(frozen=True)
class Control:
    """These replaced, some order of the scenario breaks a rule, whose id is `rule`."""

    scenario: str
    rule: str
    replaced: tuple[tuple[object, str, object], ...]


CONTROLS = {
    "NC-1: no inbox, only the last event is remembered": Control(
        "declined, then paid", "E1", ((events, "_insert", remember_only_the_last),)
    ),
    "NC-2: every retry has a key of its own": Control(
        "killed while the payment is started", "I1", ((Gateway, "_create", with_another_key),)
    ),
    "NC-3: the last word counts": Control(
        "declined, then paid", "E5", ((decisions, "furthest", lambda _, heard: heard),)
    ),
    "NC-5: stock is read, then written": Control(
        "two shoppers and the same thing", "S1",
        ((checkout, "place_order", look_at_the_shelf_first), (catalog, "take", take_what_was_seen)),
    ),
    "NC-7: the amount isn't checked": Control(
        "less is paid than is due", "M1",
        ((payments, "settlement", lambda *_, **__: Settlement.SETTLES),),
    ),
    "NC-8: Stripe is called inside the transaction": Control(
        "paid twice", "I3",
        ((refunds, "give_back_the_rest", refund_at_once), (gateway, "is_in_transaction", is_never)),
    ),
    "M4: a refund that was decided on is kept nowhere": Control(
        "paid twice", "M4", ((refunds, "give_back_the_rest", forget_the_call),)
    ),
    "S1: stock is released twice": Control(
        "cancelled while it is paid", "S1", ((catalog, "put_back", put_back_twice),)
    ),
    "E3: nobody verifies the signature": Control(
        "a forger among the events", "M1", ((Gateway, "verify", lambda *_, **__: None),)
    ),
    "SH-04: the old way isn't stopped": Control(
        "the other way is started while the first is paid", "I1",
        ((checkout, "retire", lambda payment: attempts._give_up(payment.id, None)),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTROLS)
def test_what_is_broken_is_found(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    control = CONTROLS[name]
    for owner, attribute, stand_in in control.replaced:
        monkeypatch.setattr(owner, attribute, stand_in)

    found = first_broken(every_order(world, control.scenario))

    assert found is not None
    assert f"{control.rule}:" in (found.broken or "")


def first_broken(reports: Iterator[Report]) -> Report | None:
    """Return the first of a bounded number of schedules that broke a rule."""
    return next((each for each in itertools.islice(reports, MOST_SCHEDULES) if each.broken), None)
