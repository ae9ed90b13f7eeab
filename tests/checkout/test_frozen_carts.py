"""What is ordered is what was in the cart, whoever changes it meanwhile; and no cart is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from storefront.models import Price
from tests.checkout.meanwhile import UNTIL_IT_IS_DONE, around_a_call, before_statement
from tests.checkout.test_at_once import checkout_click, click
from tests.checkout.test_changed_carts import product_id
from tests.checkout.test_two_tabs import FLOWS
from tests.checkout.together import together
from tests.shop import Shop, Visitor
from tests.webhooks.test_crashes import broken

CANCELLED = {"payment_intent": "payment_intents", "checkout_session": "checkout/sessions"}


def shown_total(visitor: Visitor) -> int:
    """Return what the checkout says that the order costs, in cents."""
    found = re.search(
        r'class="sum">.*?<strong class="money">\$([\d.,]+)<', visitor.get("/checkout").text, re.S
    )
    assert found
    return int(re.sub(r"\D", "", found[1]))


def set_quantity(visitor: Visitor, quantity: int) -> Callable[[], TestResponse]:
    return click(visitor, f"/cart/items/{product_id(visitor.shop)}", quantity=str(quantity))


def add_click(visitor: Visitor, slug: str) -> Callable[[], TestResponse]:
    return click(visitor, "/cart/items", product_id=product_id(visitor.shop, slug), quantity="1")


EDITS: dict[str, Callable[[Visitor], Callable[[], TestResponse]]] = {
    "added": lambda visitor: add_click(visitor, "washi-tape"),
    "changed": lambda visitor: set_quantity(visitor, 3),
}
COSTS = {"added": 2999 + 1200, "changed": 3 * 2999}


def assert_what_is_shown_is_ordered_and_charged(visitor: Visitor) -> None:
    """Compare the checkout's total, the order's and its lines', and what Stripe would take."""
    shop = visitor.shop
    [order] = [each for each in visitor.orders() if each.status == "pending"]
    asked = [each["amount"] for each in shop.at_stripe("payment_intent")]
    assert shown_total(visitor) == order.amount_total == asked[-1]
    assert order.amount_total == sum(line.amount for line in order.line_items)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(
    "moment", ["UPDATE carts", "FROM cart_items", "UPDATE products", "INSERT INTO orders"]
)
def test_a_cart_that_changes_during_the_ordering_is_ordered_as_it_is_shown(
    shop: Shop, visitor: Visitor, edit: str, moment: str
):
    """SH-05 and SH-06: the other tab comes first, is told that it came too late, or comes after.

    A change that is judged only once the order was placed cancels that order.
    """
    visitor.add()
    order, change = checkout_click(visitor, "payment_intent"), EDITS[edit](visitor)

    with before_statement(shop, moment, change) as begun:
        assert order().status_code == 303

    was_changed = {303: True, 422: False}[begun[0].result().status_code]
    [placed] = visitor.orders()
    if placed.closed_reason != "replaced":
        assert_what_is_shown_is_ordered_and_charged(visitor)
    assert shown_total(visitor) == (COSTS[edit] if was_changed else 2999)


@pytest.mark.parametrize("moment", ["UPDATE carts", "INTO cart_items"])
def test_a_cart_that_is_ordered_during_a_change_is_ordered_as_it_is_shown(
    shop: Shop, visitor: Visitor, moment: str
):
    """SH-06, the other way round."""
    visitor.add()
    order, change = checkout_click(visitor, "payment_intent"), add_click(visitor, "washi-tape")

    with before_statement(shop, moment, order) as begun:
        assert change().status_code in {303, 422}

    assert begun[0].result().status_code == 303
    assert_what_is_shown_is_ordered_and_charged(visitor)


def test_a_cart_that_is_ordered_while_a_change_is_judged_gives_way_to_it(
    shop: Shop, visitor: Visitor
):
    """SH-06: the order was first, so the change cancels it."""
    visitor.add()
    order, change = checkout_click(visitor, "payment_intent"), add_click(visitor, "washi-tape")

    with before_statement(shop, "FROM cart_items", order, head_start=UNTIL_IT_IS_DONE):
        assert change().status_code == 303

    assert [each.closed_reason for each in visitor.orders()] == ["replaced"]
    assert shown_total(visitor) == COSTS["added"]


def test_the_order_that_waits_is_shown_as_it_was_agreed_on(sqlite_shop: Shop):
    """SH-07: from its own lines, whatever the product costs now."""
    visitor = sqlite_shop.visitor()
    visitor.buy()
    sqlite_shop.write(update(Price).values(unit_amount=Price.unit_amount + 500))

    assert shown_total(visitor) == 2999
    assert "$29.99" in visitor.get("/cart").text


def test_two_additions_of_one_thing_at_the_same_moment_both_count(shop: Shop, visitor: Visitor):
    """SH-06: none of them is written over."""
    visitor.add("washi-tape")
    first, second = (add_click(visitor, "paper-shears") for _ in range(2))

    with before_statement(shop, "INTO cart_items", second) as begun:
        assert first().status_code == 303

    assert begun[0].result().status_code == 303
    assert shown_total(visitor) == 1200 + 2 * 2999


EVERY_WRITE = [
    "UPDATE ON orders", "INSERT ON transitions", "UPDATE ON products",
    "INSERT ON carts", "INSERT ON cart_items",
]  # fmt: skip


@pytest.mark.parametrize("what", EVERY_WRITE)
def test_a_cart_whose_replacement_fails_half_way_is_still_there(shop: Shop, what: str):
    """CR-05: the order is closed with an open copy of its cart, or it isn't closed."""
    visitor = shop.visitor()
    visitor.buy()
    change = add_click(visitor, "washi-tape")
    with broken(shop, what):
        assert change().status_code >= 500

    assert "Paper shears" in visitor.get("/cart").text
    assert change().status_code == 303
    assert shown_total(visitor) == 2999 + 1200
    assert (shop.stock(), shop.stock("washi-tape")) == (27, 60)


@pytest.mark.parametrize("flow", FLOWS)
def test_the_second_of_two_changes_of_an_ordered_cart_counts(
    shop: Shop, visitor: Visitor, flow: str
):
    """SH-06: it comes while Stripe is asked for the first, and is told no lie."""
    visitor.buy(flow)
    first, second = set_quantity(visitor, 2), add_click(visitor, "washi-tape")

    answers: list[TestResponse] = []

    with around_a_call(shop, CANCELLED[flow], before=lambda: answers.append(second())):
        answers.append(first())

    assert [answer.status_code for answer in answers] == [303, 303]
    page = visitor.get("/cart").text
    assert "being paid" not in page
    assert shown_total(visitor) == 2 * 2999 + 1200
    assert shop.stock() == 27


def test_changes_of_an_ordered_cart_in_four_tabs_all_count(shop: Shop, visitor: Visitor):
    """SH-06, at the same moment."""
    visitor.buy()
    slugs = ("washi-tape", "steel-rule", "fountain-pen", "block-plane")

    answers = together(*[add_click(visitor, slug) for slug in slugs])

    assert [answer.status_code for answer in answers] == [303] * 4
    page = visitor.get("/cart").text
    assert "being paid" not in page
    assert all(slug in page for slug in ("paper-shears", *slugs))
    assert [order.status for order in visitor.orders()] == ["cancelled"]
