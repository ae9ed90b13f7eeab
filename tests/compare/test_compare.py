"""The page that compares both flows: two small orders of its own, and what they are told by."""

from __future__ import annotations

import html5lib
from sqlalchemy import update

from storefront.lifecycle import Flow
from storefront.models import Cart, Order, Product
from tests.checkout.together import together
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.shop import Shop, Visitor
from tests.worlds import in_world


def begun(shop: Shop) -> Visitor:
    """Place both orders, as somebody new."""
    visitor = shop.visitor()
    visitor.get("/")
    visitor.post("/compare")
    return visitor


def orders(shop: Shop) -> dict[str, Order]:
    """Return the orders that are compared, by flow."""
    return {order.owner.partition("+")[2]: order for order in shop.all(Order) if "+" in order.owner}


def test_one_click_makes_two_identical_orders(shop: Shop):
    visitor = begun(shop)

    here, there = (orders(shop)[flow] for flow in Flow)
    assert (here.amount_total, here.currency) == (there.amount_total, there.currency)
    assert [item.product_id for item in here.line_items] == [
        item.product_id for item in there.line_items
    ]
    page = checked_page(visitor.get("/compare").text)
    assert "Waiting for your payment" in text_of(page)


def test_the_shoppers_own_cart_is_left_alone(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add("washi-tape", 2)

    visitor.post("/compare")

    assert "Washi tape" in visitor.get("/cart").text
    assert visitor.orders() == []
    assert 'class="count">2<' in visitor.get("/cart").text


def test_a_shopper_who_comes_again_has_no_more_than_two(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    for _ in range(3):
        visitor.post("/compare")

    assert len(sqlite_shop.all(Order)) == 2
    assert len(sqlite_shop.at_stripe("payment_intent")) == 1


def test_several_clicks_at_once_place_no_more_than_two(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.csrf_token()
    tabs = [visitor.tab() for _ in range(3)]

    answers = together(*(lambda tab=tab: tab.post("/compare").status_code for tab in tabs))

    assert answers == [303] * 3
    assert len(sqlite_shop.all(Order)) == 2


def test_once_they_are_decided_there_are_two_more(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    for flow, order in orders(sqlite_shop).items():
        if flow == Flow.CHECKOUT_SESSION:
            visitor.post(f"/orders/{order.token}/checkout-session")
        sqlite_shop.pay(order.token)
    sqlite_shop.deliver()
    sqlite_shop.now += 60

    visitor.post("/compare")

    assert len(sqlite_shop.all(Order)) == 4
    assert "Waiting for your payment" in visitor.get("/compare").text


def test_what_is_scarce_is_left_to_shoppers(sqlite_shop: Shop):
    sqlite_shop.write(update(Product).values(stock=19))

    visitor = begun(sqlite_shop)

    assert sqlite_shop.all(Order) == sqlite_shop.all(Cart) == []
    assert "nothing on the shelf that the shop could spare" in visitor.get("/compare").text


def test_what_isnt_paid_expires_and_goes_back(sqlite_shop: Shop):
    before = {product.slug: product.stock for product in sqlite_shop.all(Product)}
    begun(sqlite_shop)
    sqlite_shop.now += 2 * 3600
    sqlite_shop.app.test_cli_runner().invoke(args=["work"])

    assert {order.status for order in sqlite_shop.all(Order)} == {"cancelled"}
    assert {product.slug: product.stock for product in sqlite_shop.all(Product)} == before


def test_no_order_is_placed_with_real_money(sqlite_url: str):
    with in_world("LIVE", sqlite_url) as shop:
        visitor = shop.visitor()

        assert visitor.post("/compare").status_code == 404
        assert "Payments here are real" in visitor.get("/compare").text
        assert "begin-comparison" not in visitor.get("/compare").text


def test_the_way_back_leads_to_the_comparison(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    order = orders(sqlite_shop)[Flow.PAYMENT_INTENT]

    assert visitor.get(f"/return?order={order.token}").location == "/compare"


def test_somebody_elses_comparison_is_not_there(sqlite_shop: Shop):
    begun(sqlite_shop)
    order = orders(sqlite_shop)[Flow.PAYMENT_INTENT]
    stranger = sqlite_shop.visitor()
    stranger.get("/")

    assert stranger.get(f"/orders/{order.token}").status_code == 404
    assert stranger.get("/compare/payment_intent").status_code == 404
    assert stranger.get("/compare/nothing").status_code == 404


def test_the_times_are_dashes_until_they_are_measured(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    before = times(visitor.get("/compare").text)
    visitor.post("/compare")
    sqlite_shop.now += 3
    between = times(visitor.get("/compare").text)
    pay_both(sqlite_shop, visitor)

    after = times(visitor.get("/compare/differences").text)

    unmeasured = "–not measured yet"
    assert {cell for row in before for cell in row} == {unmeasured}
    assert [row.count(unmeasured) for row in between] == [1, 1, 2, 2, 2, 2]
    assert unmeasured not in {cell for row in after for cell in row}
    assert after[2] == ["about 3 s", "about 0 s"]
    assert after[3] == ["at most 0.000 s", "at most 0.000 s"]


def test_the_times_are_asked_for_by_the_columns_news(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    waiting = checked_fragment(visitor.get("/compare/differences").text)
    news = visitor.get("/compare/payment_intent?seen=0-1").headers["HX-Trigger"]

    assert waiting.get("hx-trigger") == f"{news} from:body"
    pay_both(sqlite_shop, visitor)
    assert checked_fragment(visitor.get("/compare/differences").text).get("hx-trigger") is None


def pay_both(shop: Shop, visitor: Visitor) -> None:
    """Start what isn't started, and pay both orders."""
    visitor.post(f"/orders/{orders(shop)[Flow.CHECKOUT_SESSION].token}/checkout-session")
    for order in orders(shop).values():
        shop.pay(order.token)
    shop.deliver()


def times(page: str) -> list[list[str]]:
    """Return what the table says of the times: both flows, row by row."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    [body] = [each for each in tree.iter("tbody") if each.get("id") == "times"]
    rows = [[text_of(cell) for cell in row.iter("td")] for row in body.iter("tr")]
    return [row for row in rows if row]


def test_what_is_to_come_is_told_for_the_columns_own_flow(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)

    told = text_of(checked_fragment(visitor.get("/compare/checkout_session?seen=0-1").text))

    assert "creates a Checkout Session at Stripe" in told
    assert "checkout_url" in told
    assert "with a client_secret" not in told


def test_the_first_step_is_the_one_that_was_taken(sqlite_shop: Shop):
    page = begun(sqlite_shop).get("/compare").text

    assert page.count("POST /compare") == 2
    assert "POST /checkout\n" not in page
