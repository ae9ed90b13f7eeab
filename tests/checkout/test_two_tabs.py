"""One order open in two tabs: whichever way it is paid, it is paid once."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.models import Attention, Payment
from stripe_sandbox.resources import payment_intents
from tests.shop import CHALLENGED, Shop, Visitor

FLOWS = ["payment_intent", "checkout_session"]
OTHER = {"payment_intent": "checkout_session", "checkout_session": "payment_intent"}
START = {"payment_intent": "payment-intent", "checkout_session": "checkout-session"}


def net_captured(shop: Shop) -> int:
    return sum(each["amount"] - each["amount_refunded"] for each in shop.at_stripe("charge"))


def forget_the_live_attempt(shop: Shop) -> None:
    """Let the shop believe that nothing is open, so that it opens a second way beside the first."""
    shop.write(update(Payment).values(is_live=False))


def captured_twice(
    shop: Shop, first: str = FLOWS[0], second: str = FLOWS[1], *, paid_first: int = 0
) -> tuple[Visitor, str]:
    """Let one order be paid in two ways, both open; returns the shopper and the order's token."""
    visitor = shop.visitor()
    token = visitor.buy(first)
    forget_the_live_attempt(shop)
    visitor.post(f"/orders/{token}/{START[second]}")
    for attempt in (paid_first, 1 - paid_first):
        shop.pay(token, attempt=attempt)
    return visitor, token


def test_two_tabs_with_the_card_form_share_one_intent(sqlite_shop: Shop):
    """SH-03."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    pages = [
        visitor.get(f"/orders/{token}/pay").text,
        visitor.tab().get(f"/orders/{token}/pay").text,
    ]

    [intent] = sqlite_shop.at_stripe("payment_intent")
    assert all(f'data-client-secret="{intent["client_secret"]}"' in page for page in pages)


def test_a_challenge_answered_in_both_tabs_charges_once(sqlite_shop: Shop):
    """SH-03, with 3-D Secure."""
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token, CHALLENGED)
    sqlite_shop.pay(token, CHALLENGED)
    [intent] = sqlite_shop.at_stripe("payment_intent")
    payment_intents.complete_authentication(sqlite_shop.sandbox, intent["id"], succeed=True)
    sqlite_shop.pay(token)

    sqlite_shop.deliver()

    assert sqlite_shop.order(token).status == "paid"
    assert net_captured(sqlite_shop) == 2999


def test_starting_checkout_cancels_the_card_form(sqlite_shop: Shop):
    """SH-04."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy("payment_intent")

    answer = visitor.post(f"/orders/{token}/checkout-session")

    assert answer.location.startswith("http://localhost:4242/c/pay/cs_test_")
    assert [each["status"] for each in sqlite_shop.at_stripe("payment_intent")] == ["canceled"]
    assert visitor.get(f"/orders/{token}/pay").location == f"/orders/{token}"


def test_starting_the_card_form_expires_the_page_at_stripe(sqlite_shop: Shop):
    """SH-04: the old checkout_url can't pay any more."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy("checkout_session")

    visitor.post(f"/orders/{token}/payment-intent")
    sqlite_shop.pay(token, attempt=0)

    assert [each["status"] for each in sqlite_shop.at_stripe("checkout.session")] == ["expired"]
    assert net_captured(sqlite_shop) == 0


def test_going_back_and_forth_never_leaves_two_ways_open(sqlite_shop: Shop):
    """SH-04 and M6."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    for way in ("checkout-session", "payment-intent", "checkout-session", "payment-intent"):
        visitor.post(f"/orders/{token}/{way}")

    assert [payment.is_live for payment in sqlite_shop.payments(token)] == [False] * 4 + [True]
    statuses = [each["status"] for each in sqlite_shop.at_stripe("payment_intent")]
    assert statuses == ["canceled", "canceled", "requires_payment_method"]
    assert {each["status"] for each in sqlite_shop.at_stripe("checkout.session")} == {"expired"}


@pytest.mark.parametrize("flow", FLOWS)
def test_the_other_way_is_refused_once_the_first_has_paid(sqlite_shop: Shop, flow: str):
    """SH-04: even before any event arrives."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.pay(token)

    answer = visitor.post(f"/orders/{token}/{START[OTHER[flow]]}")

    assert answer.location == f"/orders/{token}"
    page = visitor.get(answer.location).text
    assert "This order can’t be paid again." in page
    assert "Paid. Thank you!" in page
    assert len(sqlite_shop.payments(token)) == 1


@pytest.mark.parametrize("first", FLOWS)
@pytest.mark.parametrize("second", FLOWS)
@pytest.mark.parametrize("paid_first", [0, 1])
def test_an_order_captured_twice_is_paid_once(
    sqlite_shop: Shop, first: str, second: str, paid_first: int
):
    """SH-03 and SH-04, the worst case: the second payment goes back by itself."""
    _, token = captured_twice(sqlite_shop, first, second, paid_first=paid_first)
    assert net_captured(sqlite_shop) == 2 * 2999

    sqlite_shop.deliver()
    sqlite_shop.work()
    sqlite_shop.deliver()

    assert sqlite_shop.order(token).status == "paid"
    assert sqlite_shop.order(token).settled_by == sqlite_shop.payments(token)[paid_first].id
    assert net_captured(sqlite_shop) == 2999
    assert [each.reason for each in sqlite_shop.all(Attention)] == ["paid_twice"]
    assert sqlite_shop.stock() == 26


def test_the_duplicate_is_refunded_once_however_often_the_outbox_works(sqlite_shop: Shop):
    """RF-05: a refund whose answer is lost is the same refund when it is asked for again."""
    captured_twice(sqlite_shop)
    sqlite_shop.deliver()

    sqlite_shop.sandbox.faults.add("/v1/refunds", "timeout_after", 2)
    assert sqlite_shop.work() == 0
    sqlite_shop.now += 120
    assert sqlite_shop.work() == 1
    assert sqlite_shop.work() == 0

    assert len(sqlite_shop.at_stripe("refund")) == 1
    assert net_captured(sqlite_shop) == 2999
