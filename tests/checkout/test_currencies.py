"""SH-19: one cart, one currency; and an amount is the same from the shelf to Stripe and back."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from babel.numbers import parse_decimal
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from storefront.models import Cart, Price, Product
from storefront.money import MAXIMUM_AMOUNT, MINIMUM_AMOUNT, OFFERED, STEPS, to_minor_units
from tests.shop import Shop, Visitor

# As the seed has them: paper-shears in each currency, as Stripe is told and as people read it.
SHEARS = {
    "usd": (2999, "$29.99"), "eur": (2799, "€27.99"), "jpy": (4500, "¥4,500"),
    "twd": (95000, "NT$950"),
}  # fmt: skip
SUM = re.compile(r'<span>(?:Total|總計)</span> <strong class="money">([^<]+)</strong>')
DIGITS = re.compile(r"[0-9][0-9.,]*")


def choose(visitor: Visitor, currency: str, place: str = "/cart") -> str:
    """Choose a currency; returns what is flashed then."""
    visitor.post("/preferences", currency=currency, next=place)
    return visitor.get(place).text


@pytest.mark.parametrize("currency", OFFERED)
def test_a_shopper_sees_and_pays_in_the_currency_of_their_choice(
    sqlite_shop: Shop, currency: str
) -> None:
    visitor, (amount, shown) = sqlite_shop.visitor(), SHEARS[currency]
    choose(visitor, currency)
    seen = [visitor.get(path).text for path in ("/", "/products/paper-shears")]
    token = visitor.buy("checkout_session")
    sqlite_shop.pay(token)
    sqlite_shop.deliver()
    [session] = sqlite_shop.at_stripe("checkout.session")

    assert all(shown in page for page in [*seen, visitor.get(f"/orders/{token}").text])
    assert (session["amount_total"], session["currency"]) == (amount, currency)
    assert sqlite_shop.order(token).status == "paid"
    assert sqlite_shop.payments(token)[0].amount_received == amount


def test_an_open_cart_takes_the_new_prices_and_says_so(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()
    visitor.add(quantity=2)

    page = choose(visitor, "jpy")

    assert "Your cart has new prices. It comes to ¥9,000 now." in page
    assert SUM.findall(page) == ["¥9,000"]
    assert "Something changed" not in page
    assert [cart.currency for cart in sqlite_shop.all(Cart)] == ["jpy"]


def test_the_same_currency_again_changes_nothing(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    assert "new prices" not in choose(visitor, "usd")
    assert sqlite_shop.order(token).status == "pending"


def test_an_ordered_cart_makes_place_for_a_new_order(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()
    old = visitor.buy()

    page = choose(visitor, "eur")
    visitor.checkout()

    first, second = visitor.orders()
    assert f"order {first.number} was cancelled" in page
    assert (first.token, first.status, first.currency) == (old, "cancelled", "usd")
    assert (second.status, second.currency, second.amount_total) == ("pending", "eur", 2799)
    assert sqlite_shop.at_stripe("payment_intent")[0]["status"] == "canceled"


def test_an_order_that_is_being_paid_keeps_its_currency(sqlite_shop: Shop) -> None:
    """The payment went through, and no webhook has told us yet."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)

    page = choose(visitor, "eur")

    assert "Your order is being paid, so it keeps its currency." in page
    assert (sqlite_shop.order(token).status, sqlite_shop.order(token).currency) == ("paid", "usd")
    assert "$29.99" in visitor.get("/products/paper-shears").text


def test_what_has_no_price_in_a_currency_is_not_given_away(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()
    visitor.add()
    visitor.add("washi-tape")
    shears = sqlite_shop.one(Product, Product.slug == "paper-shears").id
    sqlite_shop.write(delete(Price).where(Price.product_id == shears, Price.currency == "eur"))

    page = choose(visitor, "eur")

    assert "Paper shears, 21 cm sold out since you put it into the cart." in page
    assert visitor.checkout().location == "/cart"
    assert visitor.orders() == []


@pytest.mark.parametrize("currency", ["gbp", "USD", "xxx", "", "usd "])
def test_a_currency_that_is_not_offered_changes_nothing(sqlite_shop: Shop, currency: str) -> None:
    visitor = sqlite_shop.visitor()
    visitor.add()

    choose(visitor, currency)

    assert SUM.findall(visitor.get("/cart").text) == ["$29.99"]


@pytest.mark.parametrize("currency", [*OFFERED, "kwd"])
def test_an_amount_is_the_same_from_the_shelf_to_stripe_and_back(
    sqlite_url: str, currency: str
) -> None:
    """SH-19, for any price that there can be. The shop's own currency may be any, also KWD."""
    step = STEPS.get(currency, 1)
    least, most = MINIMUM_AMOUNT[currency], MAXIMUM_AMOUNT // 3
    prices = st.integers(-(-least // step), most // step).map(lambda steps: steps * step)

    @settings(max_examples=10, deadline=None, database=None)
    @given(price=prices, quantity=st.integers(1, 3))
    def round_trip(price: int, quantity: int) -> None:
        offer(shop, currency, price)
        shown, intent, received = bought(shop, quantity)
        assert (intent["amount"], intent["currency"]) == (price * quantity, currency)
        assert received == price * quantity
        assert [read(each, currency) for each in shown] == [price * quantity] * 2

    with Shop(sqlite_url, currency=currency) as shop:
        round_trip()


def bought(shop: Shop, quantity: int) -> tuple[list[str], dict[str, Any], int]:
    """Buy shears; returns the sums that were shown, Stripe's object, and what was received."""
    visitor = shop.visitor()
    visitor.add(quantity=quantity)
    shown = SUM.findall(visitor.get("/cart").text)
    visitor.checkout()
    token = visitor.orders()[-1].token
    shop.pay(token)
    shop.deliver()
    shown += SUM.findall(visitor.get(f"/orders/{token}").text)
    return shown, shop.at_stripe("payment_intent")[-1], shop.payments(token)[0].amount_received


def offer(shop: Shop, currency: str, amount: int) -> None:
    """Sell everything for this much, and in no other currency."""
    prices = [
        {"product_id": each.id, "currency": currency, "unit_amount": amount}
        for each in shop.all(Product)
    ]
    shop.write(update(Product).values(stock=99))
    shop.write(delete(Price))
    shop.write(insert(Price).values(prices))


def read(shown: str, currency: str) -> int:
    """Return the minor units that a reader of English takes an amount for."""
    [number] = DIGITS.findall(shown)
    value: Decimal = parse_decimal(number, "en")
    return to_minor_units(value, currency)
