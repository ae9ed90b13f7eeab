"""The page that compares both flows: two small orders of its own, and what they are told by."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from sqlalchemy import update

from storefront import params
from storefront.lifecycle import Flow
from storefront.models import Cart, Order, Product
from storefront.views import own_source
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.shop import Shop, Visitor
from tests.worlds import in_world

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("flow", list(Flow))
def test_each_column_is_renewed_only_by_news(sqlite_shop: Shop, flow: Flow):
    visitor = begun(sqlite_shop)
    order = orders(sqlite_shop)[flow]
    seen = f"/compare/{flow}?seen={order.version}-1"
    if flow is Flow.CHECKOUT_SESSION:
        visitor.post(f"/orders/{order.token}/checkout-session")
        seen = f"/compare/{flow}?seen={sqlite_shop.order(order.token).version}-1"
    assert visitor.get(f"/compare/{flow}?seen=0-1").status_code == 200
    sqlite_shop.pay(order.token)
    sqlite_shop.deliver()

    fragment = checked_fragment(visitor.get(seen).text)

    assert fragment.get("data-status") == "paid"
    assert fragment.get("hx-trigger") is None


def test_a_column_without_news_is_not_sent_again(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    order = orders(sqlite_shop)[Flow.PAYMENT_INTENT]
    version = sqlite_shop.order(order.token).version

    assert visitor.get(f"/compare/payment_intent?seen={version}-1").status_code == 204


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


def test_when_stripe_is_away_the_page_still_stands(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.get("/")
    sqlite_shop.sandbox.faults.add("/v1/", "reset", 20)

    visitor.post("/compare")
    page = visitor.get("/compare")

    assert page.status_code == 200
    assert "payment-form" not in page.text


@pytest.mark.parametrize("flow", list(Flow))
def test_the_source_that_is_shown_is_what_the_files_hold(flow: Flow):
    for step in own_source.STEPS:
        for source in own_source.sources_of(step, flow):
            lines = {line.strip() for line in (ROOT / source.path).read_text().splitlines()}
            assert {line.strip() for line in source.text.splitlines()} <= lines
            assert len(source.text.splitlines()) > 2

    shown = own_source.sources_of(2, Flow.PAYMENT_INTENT)[0].text
    assert shown == inspect.getsource(params.payment_intent_params).rstrip()


def test_a_function_of_the_script_is_found_whole_or_not_at_all():
    script = "(() => {\n  /** Say. */\n  async function say(x) {\n    if (x) {\n    }\n  }\n})();\n"

    assert own_source.function_in(script, "say") == (
        "/** Say. */\nasync function say(x) {\n  if (x) {\n  }\n}"
    )
    with pytest.raises(ValueError, match="shout"):
        own_source.function_in(script, "shout")


def test_the_lines_that_are_counted_are_those_of_the_flow_alone():
    counted = {flow: own_source.lines_of(flow) for flow in Flow}
    script = (ROOT / "static" / "pay.js").read_text()

    assert counted[Flow.PAYMENT_INTENT] > len(
        [line for line in script.splitlines() if line.strip()]
    )
    assert 10 < counted[Flow.CHECKOUT_SESSION] < 60
