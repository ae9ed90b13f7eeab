"""Late: news that comes after newer news, after days, or before we wrote down whom it is about."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from stripe_sandbox.resources import checkout_sessions, payment_intents
from tests.lifecycle.standing import inbox
from tests.shop import ADDRESS, DECLINED, START, VISA, Shop, method_data
from tests.webhooks.telling import FOUR_DAYS, Event, by_bank_debit, outcome_of, paid, retold, the


def test_a_late_decline_does_not_unpay_the_order(shop: Shop) -> None:
    """WH-04."""
    token = shop.visitor().buy()
    shop.pay(token, DECLINED)
    shop.now += 60
    shop.pay(token)
    late = the(shop, "payment_intent.payment_failed")

    assert outcome_of(shop, the(shop, "payment_intent.succeeded")) == "applied"
    assert outcome_of(shop, late) == "stale"
    assert inbox(shop)[late["id"]] == "stale"
    assert shop.order(token).status == "paid"
    assert shop.payments(token)[0].failure_code is None


def test_an_expiry_after_the_session_was_paid_is_ignored(sqlite_shop: Shop) -> None:
    """WH-07: and the stock stays with the order."""
    token = paid(sqlite_shop, "checkout_session")
    completed = the(sqlite_shop, "checkout.session.completed")
    expired = retold(completed, as_="checkout.session.expired", at=completed["created"] + 60,
                     status="expired", payment_status="unpaid")  # fmt: skip
    outcome_of(sqlite_shop, completed)
    stock = sqlite_shop.stock()

    assert outcome_of(sqlite_shop, expired) == "stale"
    assert sqlite_shop.order(token).status == "paid"
    assert sqlite_shop.stock() == stock


def test_money_that_takes_days_pays_the_order_only_when_it_is_there(sqlite_shop: Shop) -> None:
    """WH-08."""
    token, told = by_bank_debit(sqlite_shop)

    assert outcome_of(sqlite_shop, told["completed"]) == "applied"
    assert sqlite_shop.order(token).status == "processing"
    assert sqlite_shop.order(token).paid_at is None
    sqlite_shop.now += FOUR_DAYS
    assert outcome_of(sqlite_shop, told["succeeded"]) == "applied"
    assert sqlite_shop.order(token).status == "paid"
    assert sqlite_shop.order(token).paid_at == datetime.fromtimestamp(START + FOUR_DAYS, UTC)


def test_money_that_takes_days_and_fails_leaves_the_order_payable(sqlite_shop: Shop) -> None:
    """WH-08, the other end."""
    token, told = by_bank_debit(sqlite_shop)
    for name in ("completed", "processing", "intent_failed", "failed"):
        outcome_of(sqlite_shop, told[name])

    [payment] = sqlite_shop.payments(token)
    assert (payment.status, payment.is_live) == ("failed", False)
    assert sqlite_shop.order(token).status == "pending"


@pytest.mark.parametrize("names", list(itertools.permutations(("declined", "asked", "processing"))))
def test_events_of_one_second_end_in_the_same_place(
    sqlite_shop: Shop, names: tuple[str, ...]
) -> None:
    """WH-09: whatever their order, the second attempt that is under way wins."""
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token, DECLINED)
    declined = the(sqlite_shop, "payment_intent.payment_failed")
    told = {
        "declined": declined,
        "asked": retold(declined, as_="payment_intent.requires_action", status="requires_action"),
        "processing": retold(declined, as_="payment_intent.processing", status="processing"),
    }
    for name in names:
        outcome_of(sqlite_shop, told[name])

    [payment] = sqlite_shop.payments(token)
    assert payment.status == "processing"
    assert payment.last_event_id == told["processing"]["id"]
    assert payment.failure_code is None


@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_an_event_that_overtakes_our_own_commit_is_matched(shop: Shop, flow: str) -> None:
    """WH-33: Stripe made the object and its answer was lost, so its id isn't written down here."""
    shop.sandbox.faults.add("/v1/", "timeout_after", times=2)
    visitor = shop.visitor()
    visitor.add()
    assert visitor.checkout(flow).status_code == 503
    token = visitor.orders()[-1].token
    [made] = [*shop.at_stripe("payment_intent"), *shop.at_stripe("checkout.session")]
    assert stripe_id(shop, token, flow) is None

    pay_object(shop, made)
    assert "applied" in shop.deliver()

    assert shop.order(token).status == "paid"
    assert stripe_id(shop, token, flow) == made["id"]


def test_a_session_that_expired_unseen_is_recorded(sqlite_shop: Shop) -> None:
    """WH-33: the shopper never got its address, and nobody can pay by it any more."""
    sqlite_shop.sandbox.faults.add("/v1/checkout/sessions", "timeout_after", times=2)
    visitor = sqlite_shop.visitor()
    visitor.add()
    visitor.checkout("checkout_session")
    sqlite_shop.now += 36 * 60
    checkout_sessions.expire_due(sqlite_shop.sandbox)

    sqlite_shop.deliver()

    [payment] = sqlite_shop.payments(visitor.orders()[-1].token)
    assert (payment.status, payment.is_live) == ("canceled", False)
    assert payment.checkout_session_id


def stripe_id(shop: Shop, token: str, flow: str) -> str | None:
    """Return the id that the order's payment keeps of the object that its flow is named after."""
    [payment] = shop.payments(token)
    is_intent = flow == "payment_intent"
    return payment.payment_intent_id if is_intent else payment.checkout_session_id


def pay_object(shop: Shop, made: Event) -> None:
    """Pay a Stripe object whose id the shop doesn't know yet."""
    card = method_data(VISA)
    if made["object"] == "payment_intent":
        payment_intents.confirm(
            shop.sandbox, made["id"], payment_method_data=card, return_url=ADDRESS
        )
    else:
        checkout_sessions.submit(
            shop.sandbox, made["id"], payment_method_data=card, email="a@example.com"
        )
