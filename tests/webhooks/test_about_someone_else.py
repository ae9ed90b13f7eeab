"""About someone else: another order, another shop, another account, another mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from sqlalchemy import Table, delete, insert, select

from storefront import create_app
from storefront.db import reading
from storefront.models import Attention, GatewayCall, LineItem, Order, Payment, Transition
from tests.lifecycle.standing import inbox, standing
from tests.shop import WEBHOOK, Client, Shop
from tests.webhooks.telling import Event, outcome_of, paid, retold, the, without_metadata

UNKNOWN = {"payment_id": "pay_unknown", "order_id": "order_unknown"}


@pytest.mark.parametrize("metadata", [{}, {"store_id": "another-shop"}])
def test_the_event_of_another_shop_on_this_account_is_foreign(
    sqlite_shop: Shop, metadata: dict[str, str]
) -> None:
    """WH-11: several programs may share an account; that is no reason for an alert."""
    paid(sqlite_shop)
    event = the(sqlite_shop, "payment_intent.succeeded")
    event = retold(event, id="pi_of_another") if metadata else without_metadata(event)
    event["data"]["object"] |= {"id": "pi_of_another"}
    event["data"]["object"]["metadata"] |= metadata
    before = standing(sqlite_shop)

    assert outcome_of(sqlite_shop, event) == "foreign"
    assert standing(sqlite_shop) == before


@pytest.mark.parametrize("account", ["acct_connected", ""])
def test_the_event_of_another_account_is_foreign(sqlite_shop: Shop, account: str) -> None:
    """WH-17: even about an object that is called like ours."""
    paid(sqlite_shop)
    event = {**the(sqlite_shop, "payment_intent.succeeded"), "account": account}
    before = standing(sqlite_shop)

    assert outcome_of(sqlite_shop, event) == "foreign"
    assert standing(sqlite_shop) == before


@pytest.mark.parametrize("word", ["order_id", "payment_id"])
def test_the_stored_pair_decides_whom_an_event_is_about(shop: Shop, word: str) -> None:
    """WH-15: a valid event about X whose metadata names Y moves neither; a human is asked."""
    x, y = paid(shop), shop.visitor().buy()
    named = shop.order(y).id if word == "order_id" else shop.payments(y)[0].id
    event = retold(the(shop, "payment_intent.succeeded"), metadata={word: named})
    before = standing(shop)

    assert outcome_of(shop, event) == "mismatch"
    assert standing(shop) == {**before, "attentions": standing(shop)["attentions"]}
    assert shop.one(Attention).reason == "mismatch"
    assert (shop.order(x).status, shop.order(y).status) == ("pending", "pending")


def test_a_payment_that_has_its_intent_takes_no_other(sqlite_shop: Shop) -> None:
    """WH-15: metadata adopts an id once; after that another intent is somebody's mistake."""
    token = paid(sqlite_shop)
    event = retold(the(sqlite_shop, "payment_intent.succeeded"), id="pi_second")

    assert outcome_of(sqlite_shop, event) == "mismatch"
    assert sqlite_shop.order(token).status == "pending"


def test_an_order_named_by_metadata_alone_finds_its_attempt(sqlite_shop: Shop) -> None:
    """With only `order_id`: the live attempt of that flow that has no Stripe id yet."""
    sqlite_shop.sandbox.faults.add("/v1/payment_intents", "timeout_before", times=2)
    token = sqlite_shop.visitor().buy()
    assert sqlite_shop.payments(token)[0].payment_intent_id is None
    paid(sqlite_shop)
    metadata = {"order_id": sqlite_shop.order(token).id}
    event = without_metadata(the(sqlite_shop, "payment_intent.succeeded"), "payment_id")
    event = retold(event, id="pi_of_this", metadata=metadata)

    assert outcome_of(sqlite_shop, event) == "applied"
    assert sqlite_shop.payments(token)[0].payment_intent_id == "pi_of_this"
    assert sqlite_shop.order(token).status == "paid"


def test_an_event_about_an_order_that_is_not_here_waits(sqlite_shop: Shop) -> None:
    """WH-10: answered 200, kept, and counted by its outcome."""
    paid(sqlite_shop)
    event = retold(the(sqlite_shop, "payment_intent.succeeded"), id="pi_unknown", metadata=UNKNOWN)
    before = standing(sqlite_shop)

    assert outcome_of(sqlite_shop, event) == "parked"
    assert inbox(sqlite_shop) == {event["id"]: "parked"}
    assert standing(sqlite_shop) == before


def test_a_parked_event_is_applied_when_its_order_appears(shop: Shop) -> None:
    """WH-10: it was delivered to a database that had been restored from too old a copy."""
    token = paid(shop, "checkout_session")
    early, later = the(shop, "payment_intent.succeeded"), the(shop, "checkout.session.completed")
    early = retold(early, at=early["created"] - 60)
    with without_orders(shop):
        assert outcome_of(shop, early) == "parked"

    assert outcome_of(shop, later) == "applied"

    assert inbox(shop) == {early["id"]: "applied", later["id"]: "applied"}
    assert shop.order(token).status == "paid"
    assert shop.order(token).paid_at == datetime.fromtimestamp(early["created"], UTC)


def test_a_parked_event_delivered_again_is_applied_once_its_order_is_there(shop: Shop) -> None:
    """WH-10."""
    token = paid(shop)
    event = the(shop, "payment_intent.succeeded")
    with without_orders(shop):
        assert [outcome_of(shop, event) for _ in range(2)] == ["parked", "duplicate"]

    assert [outcome_of(shop, event) for _ in range(2)] == ["applied", "duplicate"]

    assert inbox(shop) == {event["id"]: "applied"}
    assert shop.order(token).status == "paid"


@pytest.mark.parametrize("is_live", [True, False])
def test_the_event_of_the_other_mode_changes_nothing(sqlite_shop: Shop, is_live: bool) -> None:
    """WH-16: test events at a live shop, and live events at a test shop."""
    token = paid(sqlite_shop)
    event = the(sqlite_shop, "payment_intent.succeeded")
    before = standing(sqlite_shop)
    other, same = (with_mode(event, is_live=mode) for mode in (not is_live, is_live))

    assert deliver_to_mode(sqlite_shop, other, is_live=is_live) == "mode_mismatch"
    assert standing(sqlite_shop) == before
    assert deliver_to_mode(sqlite_shop, same, is_live=is_live) == "applied"
    assert sqlite_shop.order(token).status == "paid"


def test_an_envelope_of_the_other_mode_changes_nothing(sqlite_shop: Shop) -> None:
    """WH-16: the envelope says live and the object says test."""
    token = paid(sqlite_shop)
    event = {**the(sqlite_shop, "payment_intent.succeeded"), "livemode": True}

    assert outcome_of(sqlite_shop, event) == "mode_mismatch"
    assert sqlite_shop.order(token).status == "pending"


def test_an_object_of_the_other_mode_inside_changes_nothing(sqlite_shop: Shop) -> None:
    """WH-16: the envelope says test and the object says live."""
    paid(sqlite_shop)
    event = retold(the(sqlite_shop, "payment_intent.succeeded"), livemode=True)
    before = standing(sqlite_shop)

    assert outcome_of(sqlite_shop, event) == "mode_mismatch"
    assert standing(sqlite_shop) == before


def with_mode(event: Event, *, is_live: bool) -> Event:
    """Return another event like `event`, of this mode."""
    return {**retold(event, livemode=is_live), "livemode": is_live}


def deliver_to_mode(shop: Shop, event: Event, *, is_live: bool) -> str:
    """Deliver to the same shop, restarted with live or with test keys; returns the outcome."""
    live = {"stripe_secret_key": "sk_live_x", "sandbox_url": None}
    app = create_app(replace(shop.settings, **(live if is_live else {})), clock=shop.clock)
    app.test_client_class = Client
    body = json.dumps(event).encode()
    headers = {"Stripe-Signature": shop.signature(body)}
    return str(app.test_client().post(WEBHOOK, data=body, headers=headers).json["outcome"])


@contextmanager
def without_orders(shop: Shop) -> Iterator[None]:
    """Take every order out of the database, and put them back."""
    models = (Order, LineItem, Payment, Transition, GatewayCall)
    tables = [cast("Table", model.__table__) for model in models]
    with shop.app.app_context(), reading() as session:
        rows = [[row._asdict() for row in session.execute(select(table))] for table in tables]
    for table in reversed(tables):
        shop.write(delete(table))
    yield
    for table, found in zip(tables, rows, strict=True):
        shop.write(insert(table).values(found))
