"""What one visitor may set aside without paying: an end to it, and a way out."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.holds import MOST_HELD, MOST_OPEN_ORDERS
from storefront.models import Order, Product
from tests.api.caller import Caller, unlimited_shop
from tests.shop import Shop, Visitor

PLENTY = 1000
SLUGS = ("paper-shears", "washi-tape", "cedar-pencils", "steel-rule")


@pytest.fixture
def rich_shop(shop: Shop) -> Shop:
    """A shop that has plenty of everything."""
    shop.write(update(Product).values(stock=PLENTY))
    return shop


def held(shop: Shop) -> int:
    return sum(PLENTY - product.stock for product in shop.all(Product))


def let_be_undecided(shop: Shop, token: str) -> None:
    """Let the order's bank take its time, as it does with a debit."""
    shop.write(update(Order).where(Order.token == token).values(status="processing"))


def ordered_to_the_full(shop: Shop) -> Visitor:
    visitor = shop.visitor()
    for _ in range(MOST_OPEN_ORDERS):
        let_be_undecided(shop, visitor.buy())
    return visitor


def test_somebody_with_many_undecided_orders_may_not_place_another(rich_shop: Shop):
    """LD-08: nothing more is taken, and the sentence says what to do."""
    visitor = ordered_to_the_full(rich_shop)
    visitor.add()

    answer = visitor.checkout()

    assert answer.status_code == 422
    assert "Wait until one of them is decided, then order again." in answer.text
    assert len(visitor.orders()) == held(rich_shop) == MOST_OPEN_ORDERS
    assert rich_shop.visitor().buy(), "Nobody else is concerned."


@pytest.mark.parametrize("decided", ["paid", "cancelled"])
def test_as_soon_as_one_is_decided_the_next_may_come(rich_shop: Shop, decided: str):
    """LD-08."""
    visitor = ordered_to_the_full(rich_shop)
    first = visitor.orders()[0].token
    rich_shop.write(update(Order).where(Order.token == first).values(status=decided))
    visitor.add()

    assert visitor.checkout().status_code == 303


def test_nobody_sets_the_whole_shop_aside(rich_shop: Shop):
    """LD-08: the order is refused as a whole, and its cart is still there to be changed."""
    visitor = rich_shop.visitor()
    for slug in SLUGS:
        visitor.add(slug, 99)

    answer = visitor.checkout()
    assert (answer.status_code, held(rich_shop)) == (422, 0)
    assert f"You can order at most {MOST_HELD} things at once." in answer.text

    product = rich_shop.one(Product, Product.slug == SLUGS[0])
    visitor.post(f"/cart/items/{product.id}", quantity=0)
    assert visitor.checkout().status_code == 303
    assert held(rich_shop) == 3 * 99


def test_what_is_set_aside_already_counts(rich_shop: Shop):
    """LD-08: several orders may hold together what one may."""
    visitor = rich_shop.visitor()
    for slug in SLUGS[:3]:
        visitor.add(slug, 99)
    visitor.checkout()
    let_be_undecided(rich_shop, visitor.orders()[0].token)
    visitor.add(quantity=4)

    answer = visitor.checkout()

    assert (answer.status_code, held(rich_shop)) == (422, 3 * 99)
    assert "and have 297 already. Order fewer." in answer.text


def test_a_thousand_carts_hold_no_more_than_one_order_and_time_releases_it(sqlite_url: str):
    """LD-08: a changed cart's order gives way to the next; the last expires."""
    with unlimited_shop(sqlite_url) as shop:
        shop.write(update(Product).values(stock=PLENTY))
        caller = Caller(shop)
        for quantity in range(1, 31):
            caller.put_into_cart(quantity=quantity)
            assert caller.pay().status_code == 201

        assert len(shop.all(Order)) == 30
        assert held(shop) == 30

        shop.now += 2 * 3600
        shop.app.test_cli_runner().invoke(args=["work"])
        assert held(shop) == 0


def test_a_program_is_told_by_a_code(sqlite_shop: Shop):
    """LD-08: 422, with the sentence."""
    sqlite_shop.write(update(Product).values(stock=PLENTY))
    caller = Caller(sqlite_shop)
    for slug in SLUGS:
        caller.put_into_cart(slug, 99)

    answer = caller.pay()

    assert (answer.status_code, answer.json["error"]["code"]) == (422, "TOO_MUCH_HELD")
    assert f"at most {MOST_HELD} things" in answer.json["error"]["message"]
