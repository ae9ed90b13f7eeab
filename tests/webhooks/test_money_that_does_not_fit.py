"""Money that doesn't fit: the shopper is told the truth, and a human is asked."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import update

from storefront.models import Attention, OutboxCall, Refund
from tests.checkout.meanwhile import calls_to_stripe
from tests.checkout.test_stripe_faults import ASKED_IN_ALL, PATH, started
from tests.checkout.test_two_tabs import FLOWS, START, forget_the_live_attempt, net_captured
from tests.lifecycle.standing import inbox
from tests.refunds.conftest import Bought
from tests.shop import Shop, Visitor
from tests.webhooks.telling import Event, outcome_of, paid, retold, the, without_metadata
from tests.webhooks.test_about_someone_else import without_orders

UNDER_REVIEW = "We have your payment and are looking at it"
REFUNDING = "It is being refunded in full."
DAY = 24 * 3600


def cancelled_but_paid(shop: Shop, visitor: Visitor, **changes: object) -> str:
    """Cancel an order whose page at Stripe stays open, and pay there; deliver what is told."""
    token = visitor.buy()
    forget_the_live_attempt(shop)
    visitor.post(f"/orders/{token}/cancel")
    shop.pay(token)
    assert outcome_of(shop, retold(the(shop, "payment_intent.succeeded"), **changes)) == "applied"
    return token


def reasons(shop: Shop) -> list[str]:
    return [each.reason for each in shop.all(Attention)]


@pytest.mark.parametrize("difference", [-1, 1])
def test_another_amount_for_a_cancelled_order_is_never_called_refunded(
    sqlite_shop: Shop, difference: int
) -> None:
    """SH-10 and WH-12: nobody has decided to give it back."""
    visitor = sqlite_shop.visitor()
    token = cancelled_but_paid(sqlite_shop, visitor, amount_received=2999 + difference)

    page = visitor.get(f"/orders/{token}").text

    assert UNDER_REVIEW in page
    assert "refund" not in page.lower()
    assert (reasons(sqlite_shop), sqlite_shop.all(OutboxCall)) == (["amount_mismatch"], [])


def test_the_money_for_a_cancelled_order_goes_back_and_the_page_says_so(sqlite_shop: Shop) -> None:
    """SH-10: the control."""
    visitor = sqlite_shop.visitor()
    token = cancelled_but_paid(sqlite_shop, visitor)

    assert REFUNDING in visitor.get(f"/orders/{token}").text
    sqlite_shop.work()
    assert net_captured(sqlite_shop) == 0
    assert REFUNDING in visitor.get(f"/orders/{token}").text


def test_a_refund_that_stripe_refuses_for_good_is_left_to_a_human(sqlite_shop: Shop) -> None:
    """RF-09: asked once, and the page doesn't promise it any more."""
    visitor = sqlite_shop.visitor()
    token = cancelled_but_paid(sqlite_shop, visitor)
    [charge] = sqlite_shop.at_stripe("charge")
    sqlite_shop.sandbox.change(charge, captured=False)

    with calls_to_stripe(sqlite_shop) as calls:
        for _ in range(3):
            assert sqlite_shop.work() == 0
            sqlite_shop.now += DAY

    assert calls == ["POST /v1/refunds", "GET /v1/refunds"]
    assert reasons(sqlite_shop) == ["paid_after_cancel", "refund_failed"]
    page = visitor.get(f"/orders/{token}").text
    assert UNDER_REVIEW in page
    assert REFUNDING not in page


def test_the_rest_goes_back_when_somebody_was_faster_with_a_part(sqlite_shop: Shop) -> None:
    """RF-04: Stripe refuses the whole, and nobody has to mend that by hand."""
    visitor = sqlite_shop.visitor()
    order = Bought(sqlite_shop, cancelled_but_paid(sqlite_shop, visitor))
    order.in_dashboard("refunds", payment_intent=order.intent_id, amount=100)

    sqlite_shop.work()
    assert REFUNDING in visitor.get(f"/orders/{order.token}").text
    sqlite_shop.deliver()

    assert order.refunds() == [
        (100, "succeeded", "stripe"),
        (order.total - 100, "succeeded", "shop"),
        (order.total, "canceled", "shop"),
    ]
    assert order.refunded_at_stripe() == order.payment.amount_refunded == order.total
    assert order.attentions() == ["paid_after_cancel", "external_refund"]


def test_a_part_that_goes_back_is_not_called_all_of_it(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()
    token = cancelled_but_paid(sqlite_shop, visitor)
    sqlite_shop.write(update(Refund).values(amount=100))

    page = visitor.get(f"/orders/{token}").text

    assert UNDER_REVIEW in page
    assert REFUNDING not in page


def test_more_money_than_was_told_at_first_opens_an_attention(sqlite_shop: Shop) -> None:
    """WH-13: the order stays paid."""
    token = paid(sqlite_shop)
    event = the(sqlite_shop, "payment_intent.succeeded")
    outcome_of(sqlite_shop, event)

    assert outcome_of(sqlite_shop, retold(event, amount_received=3000)) == "applied"

    attention = sqlite_shop.one(Attention)
    assert (attention.reason, attention.amount_due) == ("amount_mismatch", 2999)
    assert attention.amount_received == 3000
    assert (sqlite_shop.order(token).status, sqlite_shop.all(OutboxCall)) == ("paid", [])


@pytest.mark.parametrize("amounts", list(itertools.permutations((2998, 2999, 3000))))
def test_what_was_received_is_the_same_in_whatever_order_it_is_told(
    sqlite_shop: Shop, amounts: tuple[int, ...]
) -> None:
    """WH-09 and WH-12."""
    token = paid(sqlite_shop)
    event = the(sqlite_shop, "payment_intent.succeeded")

    for amount in amounts:
        outcome_of(sqlite_shop, retold(event, amount_received=amount))

    [payment] = sqlite_shop.payments(token)
    assert (payment.status, payment.amount_received) == ("succeeded", 3000)
    assert set(reasons(sqlite_shop)) == {"amount_mismatch"}


@pytest.mark.parametrize("flow", FLOWS)
def test_money_under_another_intent_is_shown_to_a_human(sqlite_shop: Shop, flow: str) -> None:
    """WH-15: it is real money, though nobody knows what for."""
    token = paid(sqlite_shop, flow)
    sqlite_shop.deliver()
    event = retold(the(sqlite_shop, "payment_intent.succeeded"), id="pi_another")

    assert outcome_of(sqlite_shop, event) == "mismatch"

    attention = sqlite_shop.one(Attention)
    assert (attention.reason, attention.amount_received) == ("mismatch", 2999)
    assert attention.order_id == sqlite_shop.order(token).id
    assert sqlite_shop.payments(token)[0].payment_intent_id != "pi_another"


def test_no_human_is_asked_about_another_intent_without_money(sqlite_shop: Shop) -> None:
    """WH-15: the control."""
    paid(sqlite_shop)
    event = the(sqlite_shop, "payment_intent.succeeded")
    event = retold(event, as_="payment_intent.processing", id="pi_another", status="processing")

    assert outcome_of(sqlite_shop, event) == "mismatch"
    assert reasons(sqlite_shop) == []


@pytest.mark.parametrize("way", FLOWS)
def test_a_session_that_expired_and_was_completed_meets_another_live_attempt(
    shop: Shop, way: str
) -> None:
    """WH-08 and M6: both are recorded, one is live, and nothing breaks."""
    visitor = shop.visitor()
    token = visitor.buy("checkout_session")
    visitor.post(f"/orders/{token}/{START['payment_intent']}")
    visitor.post(f"/orders/{token}/{START[way]}")
    expired = the_first(shop, "checkout.session.expired")
    completed = retold(
        expired, as_="checkout.session.completed", status="complete", payment_status="unpaid"
    )

    assert outcome_of(shop, expired) in {"applied", "stale"}
    assert outcome_of(shop, completed) == "applied"
    assert [payment.is_live for payment in shop.payments(token)].count(True) == 1
    assert shop.order(token).status == "processing"


def the_first(shop: Shop, type_: str) -> Event:
    return next(event for event in shop.events() if event["type"] == type_)


@pytest.mark.parametrize("words", [[], ["payment_id"]])
@pytest.mark.parametrize("by", ["webhook", "answer"])
def test_what_came_before_its_payment_is_applied_as_soon_as_that_appears(
    shop: Shop, visitor: Visitor, words: list[str], by: str
) -> None:
    """WH-10: whether it names the payment, or the order alone."""
    shop.sandbox.faults.add(PATH["payment_intent"], "timeout_after", ASKED_IN_ALL)
    token = started(visitor, "payment_intent")
    shop.pay_at_stripe(shop.at_stripe("payment_intent")[0]["id"])
    event = without(the(shop, "payment_intent.succeeded"), words)
    with without_orders(shop):
        assert outcome_of(shop, event) == "parked"

    if by == "answer":
        visitor.post(f"/orders/{token}/payment-intent")
    else:
        made = the(shop, "payment_intent.created")
        outcome_of(shop, retold(made, as_="payment_intent.processing", status="processing"))

    assert inbox(shop)[event["id"]] == "applied"
    assert shop.order(token).status == "paid"


def without(event: Event, words: list[str]) -> Event:
    return without_metadata(event, *words) if words else event
