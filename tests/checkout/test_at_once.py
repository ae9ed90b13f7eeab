"""Two clicks, two tabs, two shoppers at the same moment, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from storefront import catalog
from storefront.catalog import OutOfStock
from storefront.db import LostRace, writing
from storefront.models import Order, Payment, Product, Transition
from storefront.transitions import change_order
from tests.checkout.together import together
from tests.shop import Shop, Visitor


def click(visitor: Visitor, path: str, **fields: str) -> Callable[[], TestResponse]:
    """Prepare a form's submission from a tab of its own."""
    fields["csrf_token"] = visitor.csrf_token()
    tab = visitor.tab()
    return lambda: tab.client.post(path, data=fields)


def checkout_click(visitor: Visitor, flow: str) -> Callable[[], TestResponse]:
    return click(visitor, "/checkout", email="a@example.com", flow=flow)


@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
@pytest.mark.parametrize("apart", [0.0, 0.02])
def test_a_double_click_makes_one_order_and_one_attempt(
    shop: Shop, visitor: Visitor, flow: str, apart: float
):
    """SH-01."""
    visitor.add()
    clicks = [checkout_click(visitor, flow) for _ in range(2)]

    first, second = together(*clicks, apart=apart)

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(shop.all(Order)) == len(shop.all(Payment)) == 1
    assert len(shop.at_stripe(flow.replace("checkout_session", "checkout.session"))) == 1
    assert shop.stock() == 26


def test_eight_clicks_on_an_order_that_waits_share_one_attempt(shop: Shop, visitor: Visitor):
    """SH-01, once the order exists."""
    visitor.add()
    visitor.post("/checkout", email="a@example.com", flow="neither")
    visitor.checkout()
    [order] = shop.all(Order)
    path = f"/orders/{order.token}/payment-intent"

    answers = together(*[click(visitor, path) for _ in range(8)])

    assert {answer.location for answer in answers} == {f"/orders/{order.token}/pay"}
    assert len(shop.at_stripe("payment_intent")) == 1


def test_more_than_there_is_is_never_taken(sqlite_shop: Shop):
    """SH-08: whatever was looked at before, the writing itself finds out; the database is last."""
    product = sqlite_shop.one(Product, Product.slug == "paper-shears")
    with sqlite_shop.app.app_context(), pytest.raises(OutOfStock), writing() as session:
        catalog.take(session, [(product.id, product.stock + 1)])

    assert sqlite_shop.stock() == product.stock


def test_the_last_one_goes_to_one_of_two_shoppers(shop: Shop):
    """SH-08: the loser is told before any payment."""
    shoppers = [shop.visitor(), shop.visitor()]
    for shopper in shoppers:
        shopper.add("block-plane")

    answers = together(*[checkout_click(each, "payment_intent") for each in shoppers])

    places = sorted(re.sub("o_[^/]+", "…", answer.location) for answer in answers)
    assert places == ["/cart", "/orders/…/pay"]
    assert shop.stock("block-plane") == 0
    assert len(shop.all(Order)) == len(shop.at_stripe("payment_intent")) == 1
    loser = shoppers[[answer.location for answer in answers].index("/cart")]
    assert "sold out since you put it into the cart" in loser.get("/cart").text


def test_eight_shoppers_never_take_more_than_there_is(shop: Shop):
    """S1: stock on hand plus reserved stays what it was, whoever comes first."""
    shoppers = [shop.visitor() for _ in range(8)]
    for shopper in shoppers:
        shopper.add("fountain-pen", 3)

    answers = together(*[checkout_click(each, "payment_intent") for each in shoppers])

    won = sum(answer.location.endswith("/pay") for answer in answers)
    assert won == 4
    assert shop.stock("fountain-pen") == 14 - 3 * won


def test_both_flows_started_at_once_leave_one_live_attempt(shop: Shop, visitor: Visitor):
    """SH-03, SH-04 and M6."""
    token = visitor.buy()
    ways = ("payment-intent", "checkout-session") * 2

    answers = together(*[click(visitor, f"/orders/{token}/{way}") for way in ways])

    assert {answer.status_code for answer in answers} <= {303, 503}
    assert [payment.is_live for payment in shop.payments(token)].count(True) <= 1
    open_intents = [each for each in shop.at_stripe("payment_intent") if is_open(each)]
    open_sessions = [each for each in shop.at_stripe("checkout.session") if is_open(each)]
    assert len(open_intents + open_sessions) <= 1


def is_open(found: dict[str, object]) -> bool:
    return found["status"] in {"open", "requires_payment_method"}


def test_a_cart_edited_while_it_is_ordered_loses_nothing(shop: Shop, visitor: Visitor):
    """SH-06: what is added is in an order, in a new cart, or refused in so many words."""
    visitor.add()
    product = shop.one(Product, Product.slug == "washi-tape").id
    add = click(visitor, "/cart/items", product_id=product, quantity="1")

    added, _ = together(add, checkout_click(visitor, "payment_intent"))

    orders = visitor.orders()
    live = [order for order in orders if order.status == "pending"]
    assert len(live) <= 1
    for order in orders:
        assert order.amount_total == sum(line.amount for line in order.line_items)
        assert [payment.amount for payment in order.payments] in ([], [order.amount_total])
    is_refused = "These items were ordered meanwhile." in added.text
    assert ("Washi tape" in visitor.get("/cart").text) != is_refused


def test_two_cancellations_at_once_release_the_stock_once(shop: Shop, visitor: Visitor):
    """S2."""
    token = visitor.buy()
    path = f"/orders/{token}/cancel"

    answers = together(click(visitor, path), click(visitor, path))

    assert {answer.status_code for answer in answers} == {303}
    assert shop.order(token).status == "cancelled"
    assert shop.stock() == 27


def test_who_read_an_order_before_somebody_changed_it_changes_nothing(sqlite_shop: Shop):
    """E5: the compare-and-set, by itself."""
    order = sqlite_shop.order(sqlite_shop.visitor().buy())
    with sqlite_shop.app.app_context():
        with writing() as session:
            change_order(session, order.id, order.version)
        with pytest.raises(LostRace), writing() as session:
            change_order(session, order.id, order.version, status="paid")

    assert sqlite_shop.order(order.token).version == order.version + 1


def test_return_and_webhook_at_the_same_moment_make_one_transition(shop: Shop, visitor: Visitor):
    """SH-12."""
    token = visitor.buy()
    shop.pay(token)
    [event] = shop.events("payment_intent.succeeded")

    together(lambda: visitor.get(f"/return?order={token}"), lambda: shop.sign_and_post(event))

    order = shop.order(token)
    assert order.status == "paid"
    moves = shop.all(Transition, Transition.order_id == order.id, Transition.after == "paid")
    assert len(moves) == 1


def test_paying_and_cancelling_at_once_never_loses_the_money(shop: Shop, visitor: Visitor):
    """SH-10: whoever wins, the order is paid, or nothing stays captured."""
    token = visitor.buy()

    together(click(visitor, f"/orders/{token}/cancel"), lambda: shop.pay(token))
    shop.deliver()
    shop.work()

    captured = sum(each["amount"] - each["amount_refunded"] for each in shop.at_stripe("charge"))
    assert captured == (2999 if shop.order(token).status == "paid" else 0)
    assert shop.stock() == (26 if shop.order(token).status == "paid" else 27)
