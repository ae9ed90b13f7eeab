"""A cart that changes after it was ordered, and orders that are cancelled."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from storefront.models import CartItem, Order, Price, Product, Transition
from tests.checkout.test_two_tabs import FLOWS, net_captured
from tests.shop import Shop


def product_id(shop: Shop, slug: str = "paper-shears") -> str:
    return shop.one(Product, Product.slug == slug).id


@pytest.mark.parametrize("flow", FLOWS)
def test_editing_an_ordered_cart_cancels_the_order_and_its_attempt(sqlite_shop: Shop, flow: str):
    """SH-05 and SH-06: the old page can't pay for a cart that changed."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)

    visitor.add("washi-tape", 2)
    sqlite_shop.pay(token)

    order = sqlite_shop.order(token)
    assert (order.status, order.closed_reason) == ("cancelled", "replaced")
    kind = {"payment_intent": "payment_intent", "checkout_session": "checkout.session"}[flow]
    assert [each["status"] for each in sqlite_shop.at_stripe(kind)] in (["canceled"], ["expired"])
    assert net_captured(sqlite_shop) == 0
    assert sqlite_shop.stock() == 27


def test_the_new_order_costs_what_the_new_cart_costs(sqlite_shop: Shop):
    """SH-06: nothing is ever paid for less."""
    visitor = sqlite_shop.visitor()
    visitor.buy()

    new = visitor.buy(slug="washi-tape")

    assert sqlite_shop.order(new).amount_total == 2999 + 1200
    assert sqlite_shop.at_stripe("payment_intent")[-1]["amount"] == 2999 + 1200
    assert (sqlite_shop.stock(), sqlite_shop.stock("washi-tape")) == (26, 59)


@pytest.mark.parametrize("quantity", [0, 3])
def test_changing_a_quantity_after_ordering_releases_the_stock_once(
    sqlite_shop: Shop, quantity: int
):
    """S2 and S3."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    for _ in range(2):
        visitor.post(f"/cart/items/{product_id(sqlite_shop)}", quantity=quantity)
    sqlite_shop.deliver()

    assert sqlite_shop.order(token).status == "cancelled"
    assert sqlite_shop.stock() == 27
    assert [item.quantity for item in open_items(sqlite_shop)] == [quantity] * bool(quantity)


def open_items(shop: Shop) -> list[CartItem]:
    ordered = select(Order.cart_id).scalar_subquery()
    return shop.all(CartItem, CartItem.cart_id.not_in(ordered))


IN_VAIN = {
    "as many as were ordered": ("paper-shears", 1),
    "none of what isn't in it": ("washi-tape", 0),
    "more than there are": ("paper-shears", 28),
}


@pytest.mark.parametrize(("slug", "quantity"), IN_VAIN.values(), ids=IN_VAIN)
def test_an_edit_that_changes_nothing_leaves_the_order_alone(
    sqlite_shop: Shop, slug: str, quantity: int
):
    """SH-06: neither does one that is refused."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    visitor.post(f"/cart/items/{product_id(sqlite_shop, slug)}", quantity=quantity)

    assert sqlite_shop.order(token).status == "pending"
    assert sqlite_shop.at_stripe("payment_intent")[0]["status"] == "requires_payment_method"


@pytest.mark.parametrize(("quantity", "status"), [(27, "pending"), (26, "cancelled")])
def test_what_an_order_set_aside_is_there_for_the_edit(
    sqlite_shop: Shop, quantity: int, status: str
):
    """SH-06: one is ordered, 26 are on the shelf."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    visitor.add(quantity=quantity)

    assert sqlite_shop.order(token).status == status


@pytest.mark.parametrize("flow", FLOWS)
def test_a_cart_whose_order_was_just_paid_stays_as_it_is(sqlite_shop: Shop, flow: str):
    """S3: the edit finds out at Stripe that it comes too late."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.pay(token)

    visitor.add("washi-tape")

    assert "That order is being paid" in visitor.get("/cart").text
    assert sqlite_shop.order(token).status == "paid"
    assert sqlite_shop.stock() == 26


def test_another_address_makes_another_order(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    first = visitor.buy()

    visitor.checkout(email="b@example.com")

    [_, second] = visitor.orders()
    assert sqlite_shop.order(first).status == "cancelled"
    assert (second.email, second.status) == ("b@example.com", "pending")
    assert sqlite_shop.stock() == 26


def test_another_address_comes_too_late_for_a_paid_order(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)

    answer = visitor.checkout(email="b@example.com")

    assert answer.location == f"/orders/{token}"
    assert [order.token for order in visitor.orders()] == [token]
    assert sqlite_shop.order(token).status == "paid"


@pytest.mark.parametrize("flow", FLOWS)
def test_a_cancelled_order_can_neither_be_paid_nor_cancelled_again(sqlite_shop: Shop, flow: str):
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    visitor.post(f"/orders/{token}/cancel")

    for way in ("cancel", "payment-intent", "checkout-session"):
        assert visitor.post(f"/orders/{token}/{way}").location == f"/orders/{token}"
    sqlite_shop.pay(token)
    sqlite_shop.deliver()

    assert sqlite_shop.order(token).closed_reason == "cancelled"
    assert net_captured(sqlite_shop) == 0
    assert sqlite_shop.stock() == 27


def test_cancelling_a_paid_order_shows_it_paid(sqlite_shop: Shop):
    """SH-10, before any event arrives."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)

    visitor.post(f"/orders/{token}/cancel")

    page = visitor.get(f"/orders/{token}").text
    assert "The order can’t be cancelled any more." in page
    assert "Paid. Thank you!" in page
    assert sqlite_shop.stock() == 26


def test_nothing_is_released_while_stripe_cannot_be_asked(sqlite_shop: Shop):
    """S2: a hold ends only when no attempt can take money any more."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.sandbox.faults.add("/v1/payment_intents", "reset", 2)

    answer = visitor.post(f"/orders/{token}/cancel")

    assert answer.status_code == 503
    assert sqlite_shop.order(token).status == "pending"
    assert sqlite_shop.stock() == 26


def test_the_shopper_pays_the_price_of_the_order_whatever_it_costs_now(sqlite_shop: Shop):
    """SH-07: the order is a snapshot."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    raise_price(sqlite_shop, 9900)

    visitor.post(f"/orders/{token}/checkout-session")
    sqlite_shop.pay(token)
    sqlite_shop.deliver()

    assert net_captured(sqlite_shop) == 2999
    assert sqlite_shop.order(token).status == "paid"
    assert "$29.99" in visitor.get(f"/orders/{token}").text


def test_a_new_price_must_be_accepted_before_ordering(sqlite_shop: Shop):
    """SH-07."""
    visitor = sqlite_shop.visitor()
    visitor.add()
    raise_price(sqlite_shop, 3100)

    assert visitor.checkout().location == "/cart"
    assert "now costs $31.00; it was $29.99 when you chose it" in visitor.get("/cart").text
    assert not sqlite_shop.all(Order)
    visitor.post("/cart/acknowledge")
    visitor.checkout()

    assert [order.amount_total for order in visitor.orders()] == [3100]


def test_after_the_hold_the_price_of_the_order_is_gone(sqlite_shop: Shop):
    """SH-07: an expired order can't be paid, and a new one costs what the shop asks today."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    raise_price(sqlite_shop, 9900)
    sqlite_shop.now += 2 * 3600
    sqlite_shop.app.test_cli_runner().invoke(args=["work"])

    visitor.post(f"/orders/{token}/checkout-session")
    sqlite_shop.pay(token)
    assert net_captured(sqlite_shop) == 0
    assert sqlite_shop.order(token).status == "cancelled"

    assert "$99.00" in visitor.get("/products/paper-shears").text
    assert sqlite_shop.order(visitor.buy()).amount_total == 9900


def raise_price(shop: Shop, unit_amount: int) -> None:
    ours = (Price.product_id == product_id(shop), Price.currency == "usd")
    shop.write(update(Price).where(*ours).values(unit_amount=unit_amount))


def test_every_release_and_every_hold_adds_up(sqlite_shop: Shop):
    """S1: on hand + held + sold stays what it was at the beginning."""
    visitors = [sqlite_shop.visitor() for _ in range(5)]
    tokens = [visitor.buy() for visitor in visitors]
    sqlite_shop.pay(tokens[0])
    visitors[1].post(f"/orders/{tokens[1]}/cancel")
    visitors[2].add("washi-tape")
    visitors[3].post(f"/orders/{tokens[3]}/checkout-session")
    sqlite_shop.deliver()

    held_or_sold = sum(order.status != "cancelled" for order in sqlite_shop.all(Order))

    assert held_or_sold == 3
    assert sqlite_shop.stock() + held_or_sold == 27
    cancelled = sqlite_shop.all(Transition, Transition.after == "cancelled")
    assert len(cancelled) == 2
