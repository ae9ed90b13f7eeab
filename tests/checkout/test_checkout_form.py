"""The checkout's form: what it refuses, and that it makes one order however often it is sent."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.models import Order, Payment, Price
from tests.checkout.test_two_tabs import FLOWS
from tests.shop import Shop, Visitor

NOT_AN_ADDRESS = [
    "", "a", "a@", "@example.com", "a@example", "a b@example.com", "a@exa mple.com",
    "a@example..com", "a@example.com\nbcc:b@example.com", "a@example.com,b@example.com",
    "<a@example.com>", "é@example.com", "a@" + "b" * 250 + ".com", "a" * 65 + "@example.com",
]  # fmt: skip


@pytest.fixture
def ready(sqlite_shop: Shop) -> Visitor:
    """Somebody with one pair of shears in the cart."""
    visitor = sqlite_shop.visitor()
    visitor.add()
    return visitor


@pytest.mark.parametrize("email", NOT_AN_ADDRESS)
def test_what_is_no_address_is_said_beside_the_field(ready: Visitor, email: str):
    answer = ready.checkout(email=email)

    assert answer.status_code == 422
    assert 'id="email-error">Enter an e-mail address' in answer.text
    assert "We could not place the order yet. Nothing was charged." in answer.text
    assert not ready.orders()


@pytest.mark.parametrize("email", ["a@example.com", " a@example.com ", "o'b+c@x-y.co.uk"])
def test_what_a_browser_takes_for_an_address_is_one(ready: Visitor, email: str):
    ready.checkout(email=email)

    [order] = ready.orders()
    assert order.email == email.strip()
    [intent] = ready.shop.at_stripe("payment_intent")
    assert intent["receipt_email"] == email.strip()


@pytest.mark.parametrize("flow", ["", "card", "PAYMENT_INTENT", "payment_intent "])
def test_there_are_two_ways_to_pay_and_no_third(ready: Visitor, flow: str):
    answer = ready.checkout(flow)

    assert answer.status_code == 422
    assert "Choose one of the two ways to pay." in answer.text
    assert not ready.orders()


@pytest.mark.parametrize("flow", FLOWS)
def test_the_same_form_sent_again_resumes_the_order(ready: Visitor, flow: str):
    """SH-01 and SH-02: reload, back button, impatience."""
    first, second = ready.checkout(flow), ready.checkout(flow)

    assert first.location == second.location
    assert len(ready.orders()) == len(ready.shop.all(Payment)) == 1
    assert 'value="a@example.com"' in ready.get("/checkout").text


def test_paying_again_after_the_order_was_paid_makes_no_order(ready: Visitor):
    """SH-02: the form of a page that was left open."""
    ready.checkout()
    ready.shop.pay(ready.orders()[0].token)
    ready.shop.deliver()

    answer = ready.checkout()

    assert answer.status_code == 422
    assert "There is nothing in your cart yet." in answer.text
    assert len(ready.orders()) == 1


def test_an_empty_cart_is_no_order(sqlite_shop: Shop):
    """SH-18."""
    visitor = sqlite_shop.visitor()

    answer = visitor.checkout()

    assert answer.status_code == 422
    assert "There is nothing in your cart yet." in answer.text
    assert visitor.get("/checkout").location == "/cart"
    assert not sqlite_shop.all(Order)


@pytest.mark.parametrize(
    ("unit_amount", "quantity", "shown"),
    [
        (49, 1, "$0.49"),
        (1, 27, "$0.27"),
        (10_000_000, 10, "$1,000,000.00"),
        (99_999_999, 2, "$1,999"),
    ],
)
def test_what_stripe_would_not_take_is_refused_before_ordering(
    sqlite_shop: Shop, unit_amount: int, quantity: int, shown: str
):
    """SH-18: below Stripe's minimum or above its maximum."""
    sqlite_shop.write(update(Price).values(unit_amount=unit_amount))
    visitor = sqlite_shop.visitor()
    visitor.add(quantity=quantity)

    answer = visitor.checkout()

    assert answer.status_code == 422
    assert f"Stripe doesn’t take a payment of {shown}" in answer.text
    assert not sqlite_shop.all(Order)
    assert not sqlite_shop.sandbox.requests
    assert sqlite_shop.stock() == 27


@pytest.mark.parametrize("unit_amount", [50, 99_999_999])
def test_what_stripe_just_takes_is_ordered(sqlite_shop: Shop, unit_amount: int):
    """SH-18."""
    sqlite_shop.write(update(Price).values(unit_amount=unit_amount))

    token = sqlite_shop.visitor().buy()

    assert sqlite_shop.at_stripe("payment_intent")[0]["amount"] == unit_amount
    assert sqlite_shop.order(token).amount_total == unit_amount


@pytest.mark.parametrize(
    ("currency", "unit_amount"), [("jpy", 4500), ("eur", 2799), ("twd", 95_000)]
)
def test_every_currency_arrives_at_stripe_in_its_own_minor_unit(
    sqlite_url: str, currency: str, unit_amount: int
):
    """SH-19."""
    with Shop(sqlite_url, currency=currency) as shop:
        token = shop.visitor().buy("checkout_session")
        shop.pay(token)
        shop.deliver()

        [charge] = shop.at_stripe("charge")
        assert (charge["amount"], charge["currency"]) == (unit_amount, currency)
        assert shop.order(token).status == "paid"
