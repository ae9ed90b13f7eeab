"""Repeated: the same event once more, or another event about the same money."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from storefront.models import StripeEvent, Transition
from tests.lifecycle.standing import standing
from tests.shop import DECLINED, Shop
from tests.webhooks.telling import outcome_of, paid, retold, the


def test_the_same_event_twice_has_its_effects_once(shop: Shop) -> None:
    """WH-01."""
    token = paid(shop)
    event = the(shop, "payment_intent.succeeded")

    assert outcome_of(shop, event) == "applied"
    before, history = standing(shop), len(shop.all(Transition))
    assert outcome_of(shop, event) == "duplicate"

    assert shop.order(token).status == "paid"
    assert standing(shop) == before
    assert len(shop.all(Transition)) == history
    assert shop.one(StripeEvent).deliveries == 2


@pytest.mark.parametrize("before", ["ignored", "foreign", "mode_mismatch"])
def test_an_event_that_moved_nothing_is_applied_when_it_is_sent_again(
    shop: Shop, before: str
) -> None:
    """L1: the shop has learned of its kind since, or a setting was put right."""
    token = paid(shop)
    event = the(shop, "payment_intent.succeeded")
    row = {"id": event["id"], "type": event["type"], "created": event["created"]}
    received_at = datetime.fromtimestamp(shop.now, UTC)
    rest = {"is_live": False, "payload": "{}", "outcome": before, "received_at": received_at}
    shop.write(StripeEvent.__table__.insert().values(**row, **rest, deliveries=1))

    assert outcome_of(shop, event) == "applied"
    assert outcome_of(shop, event) == "duplicate"

    assert shop.order(token).status == "paid"
    stored = shop.one(StripeEvent)
    assert (stored.outcome, stored.deliveries) == ("applied", 3)


def test_an_older_event_delivered_again_changes_nothing(sqlite_shop: Shop) -> None:
    """WH-03: A, B, A."""
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token, DECLINED)
    sqlite_shop.now += 60
    sqlite_shop.pay(token)
    a = the(sqlite_shop, "payment_intent.payment_failed")
    b = the(sqlite_shop, "payment_intent.succeeded")

    assert [outcome_of(sqlite_shop, each) for each in (a, b)] == ["applied", "applied"]
    after_b = standing(sqlite_shop)

    assert outcome_of(sqlite_shop, a) == "duplicate"
    assert standing(sqlite_shop) == after_b


def test_an_overheard_delivery_sent_again_has_no_effect(sqlite_shop: Shop) -> None:
    """WH-20: the same bytes under the same signature, four minutes later."""
    paid(sqlite_shop)
    body = json.dumps(the(sqlite_shop, "payment_intent.succeeded")).encode()
    signature = sqlite_shop.signature(body)
    first = sqlite_shop.post(body, signature=signature)
    before = standing(sqlite_shop)
    sqlite_shop.now += 240

    again = sqlite_shop.post(body, signature=signature)

    assert (first.json, again.json) == ({"outcome": "applied"}, {"outcome": "duplicate"})
    assert standing(sqlite_shop) == before


@pytest.mark.parametrize("first", ["payment_intent.succeeded", "checkout.session.completed"])
def test_two_events_about_one_payment_pay_the_order_once(shop: Shop, first: str) -> None:
    """WH-06: their ids differ, the money is the same."""
    token = paid(shop, "checkout_session")
    both = [the(shop, "payment_intent.succeeded"), the(shop, "checkout.session.completed")]
    for event in sorted(both, key=lambda event: event["type"] != first):
        outcome_of(shop, event)

    paid_orders = shop.all(Transition, Transition.after == "paid")
    assert shop.order(token).status == "paid"
    assert len(paid_orders) == 1
    assert shop.payments(token)[0].amount_received == shop.order(token).amount_total


def test_another_event_that_says_the_same_is_stale(sqlite_shop: Shop) -> None:
    """Stripe may tell one thing under two ids; the earlier `created` stays the time of payment."""
    token = paid(sqlite_shop)
    event = the(sqlite_shop, "payment_intent.succeeded")
    twin = retold(event)
    kept, old = sorted((event, twin), key=lambda each: each["id"], reverse=True)

    assert [outcome_of(sqlite_shop, each) for each in (kept, old)] == ["applied", "stale"]
    assert sqlite_shop.payments(token)[0].last_event_id == kept["id"]
