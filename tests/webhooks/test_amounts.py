"""Money that isn't what the order costs: recorded, shown to a human, never taken for payment."""

from __future__ import annotations

import pytest

from storefront.models import Attention, OutboxCall
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, paid, retold, the


@pytest.mark.parametrize("difference", [-1, 1, -900, 100_000])
@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_another_amount_does_not_pay_the_order(
    sqlite_shop: Shop, flow: str, difference: int
) -> None:
    """WH-12 and WH-13."""
    token = paid(sqlite_shop, flow)
    due = sqlite_shop.order(token).amount_total
    received = due + difference
    amounts = {"amount": received, "amount_received": received, "amount_total": received}
    type_ = {"payment_intent": "payment_intent.succeeded"}.get(flow, "checkout.session.completed")

    assert outcome_of(sqlite_shop, retold(the(sqlite_shop, type_), **amounts)) == "applied"

    order, [payment] = sqlite_shop.order(token), sqlite_shop.payments(token)
    assert (order.status, order.paid_at) == ("processing", None)
    assert (payment.status, payment.amount_received) == ("succeeded", received)
    attention = sqlite_shop.one(Attention)
    assert attention.reason == "amount_mismatch"
    assert (attention.amount_due, attention.amount_received) == (due, received)
    assert sqlite_shop.all(OutboxCall) == []


def test_another_currency_does_not_pay_the_order(sqlite_shop: Shop) -> None:
    """WH-14: as many yen as there were cents."""
    token = paid(sqlite_shop)
    event = retold(the(sqlite_shop, "payment_intent.succeeded"), currency="jpy")

    assert outcome_of(sqlite_shop, event) == "applied"

    assert sqlite_shop.order(token).status == "processing"
    attention = sqlite_shop.one(Attention)
    assert (attention.reason, attention.currency) == ("currency_mismatch", "jpy")


def test_what_was_received_counts_and_not_what_was_asked_for(sqlite_shop: Shop) -> None:
    """WH-12: an intent that was captured in part keeps its `amount`."""
    token = paid(sqlite_shop)
    event = retold(the(sqlite_shop, "payment_intent.succeeded"), amount_received=1)

    outcome_of(sqlite_shop, event)

    assert sqlite_shop.order(token).status == "processing"
    assert sqlite_shop.payments(token)[0].amount_received == 1


def test_a_human_is_asked_once_however_often_stripe_tells(sqlite_shop: Shop) -> None:
    """WH-12: the second event about the same wrong amount opens no second attention."""
    paid(sqlite_shop, "checkout_session")
    session = retold(the(sqlite_shop, "checkout.session.completed"), amount_total=1)
    intent = retold(the(sqlite_shop, "payment_intent.succeeded"), amount_received=1)
    for event in (session, intent, session):
        outcome_of(sqlite_shop, event)

    assert [each.reason for each in sqlite_shop.all(Attention)] == ["amount_mismatch"]
