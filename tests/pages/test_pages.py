"""Every other page: valid, in its world, and with words for what went wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.db import DatabaseBusy
from storefront.models import Price, Product
from tests.pages.html import checked_page, text_of
from tests.shop import Shop, Visitor
from tests.worlds import WORLDS, in_world

PAGES = ["/", "/products/paper-shears", "/products/block-plane", "/products/folding-lamp", "/cart"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_before_the_cart_are_valid(sqlite_shop: Shop, path: str):
    checked_page(sqlite_shop.visitor().get(path).text)


def test_every_product_of_the_catalogue_has_a_page(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    index = checked_page(visitor.get("/").text)
    links = {each.get("href", "") for each in index.iter("a")}

    products = {f"/products/{each.slug}" for each in sqlite_shop.all(Product)}

    assert products <= links
    for path in products:
        checked_page(visitor.get(path).text)


@pytest.mark.parametrize("path", ["/cart", "/checkout"])
def test_a_full_cart_is_valid_before_and_after_ordering(sqlite_shop: Shop, path: str):
    visitor = sqlite_shop.visitor()
    visitor.add(quantity=2)
    visitor.add("washi-tape")
    before = checked_page(visitor.get(path).text)
    visitor.checkout()
    after = checked_page(visitor.get(path).text)

    for page in (before, after):
        assert "$71.98" in text_of(page)
        assert "Cart 3" in text_of(page)


def test_a_cart_with_news_is_valid(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add(quantity=2)
    sqlite_shop.write(update(Price).values(unit_amount=77))

    page = checked_page(visitor.get("/cart").text)

    assert "Something changed since you chose these." in text_of(page)
    assert "Accept the changes" in text_of(page)


def test_a_form_with_faults_says_which_and_where(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()

    page = checked_page(visitor.post("/checkout", email='"><b>', flow="neither").text)

    [email] = [each for each in page.iter("input") if each.get("name") == "email"]
    assert (email.get("value"), email.get("aria-invalid")) == ('"><b>', "true")
    assert {"#email", "#flow"} <= {each.get("href") for each in page.iter("a")}


def test_a_refused_quantity_is_said_beside_the_field(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()
    product = sqlite_shop.one(Product, Product.slug == "paper-shears").id

    added = visitor.post("/cart/items", product_id=product, quantity="1.5")
    changed = visitor.post(f"/cart/items/{product}", quantity="1.5")

    assert "Give a whole number from 1 to 99." in text_of(checked_page(added.text))
    assert "Give a whole number from 0 to 99." in text_of(checked_page(changed.text))


def test_both_ways_to_pay_stand_side_by_side(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()

    page = checked_page(visitor.get("/checkout").text)

    panels = [each for each in page.iter("section") if "flow" in each.get("class", "").split()]
    buttons = [
        (each.get("name"), each.get("value")) for panel in panels for each in panel.iter("button")
    ]
    assert buttons == [("flow", "payment_intent"), ("flow", "checkout_session")]
    assert all(len(text_of(panel)) > 100 for panel in panels)


@pytest.mark.parametrize("world", WORLDS)
def test_every_page_says_which_world_it_is_in(sqlite_url: str, world: str):
    with in_world(world, sqlite_url) as shop:
        visitor = shop.visitor()
        pages = [visitor.get(path).text for path in ("/", "/cart", "/nowhere")]

    for text in pages:
        page = checked_page(text)
        [badge] = [each for each in page.iter("p") if "world" in each.get("class", "").split()]
        assert text_of(badge).startswith(world)
        assert ("No real money moves here" in text_of(badge)) == (world != "LIVE")


def test_what_is_not_there_has_a_page(sqlite_shop: Shop):
    answer = sqlite_shop.visitor().get("/nowhere")

    assert answer.status_code == 404
    assert "There is nothing here" in text_of(checked_page(answer.text))


def test_a_bug_has_a_page_and_a_number_to_mention(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture
):
    """WS-20: no stack trace for the visitor, all of it in the log."""

    def broken() -> str:
        raise ZeroDivisionError("a secret of ours")

    sqlite_shop.app.view_functions["catalog.index"] = broken

    answer = sqlite_shop.visitor().get("/")

    [code] = checked_page(answer.text).iter("code")
    assert (answer.status_code, "a secret of ours" in answer.text) == (500, False)
    assert f"request={code.text}" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_busy_database_has_a_page_that_says_when_to_come_again(sqlite_shop: Shop):
    def busy() -> str:
        raise DatabaseBusy("Somebody else writes.")

    sqlite_shop.app.view_functions["cart.show"] = busy

    answer = sqlite_shop.visitor().get("/cart")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "Nothing was lost." in text_of(checked_page(answer.text))


def test_an_outage_of_stripe_is_called_by_its_name(sqlite_shop: Shop):
    """ST-01, on a page that was asked for, not sent."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.sandbox.faults.add("/v1/payment_intents", "timeout_before", 2)

    answer = visitor.get(f"/orders/{token}/pay")

    assert answer.status_code == 503
    assert "Stripe can’t be reached just now" in text_of(checked_page(answer.text))


def test_the_page_to_try_again_is_valid(sqlite_shop: Shop):
    visitor: Visitor = sqlite_shop.visitor()
    visitor.add()
    sqlite_shop.sandbox.faults.add("/v1/checkout", "timeout_before", 2)

    answer = visitor.checkout("checkout_session")

    assert "Stripe can’t be reached just now" in text_of(checked_page(answer.text))
