"""The cart's rules: what can be put in, and what changed since."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.models import CartItem, Order, Price, Product
from tests.shop import Shop

NOT_A_QUANTITY = [
    "",
    "-1",
    "1000000000",
    "1.5",
    "１",
    "100",
    "1e1",
    " 1",
    "+1",
    "0x1",
    "many",
]


def product_id(shop: Shop, slug: str = "paper-shears") -> str:
    return shop.one(Product, Product.slug == slug).id


def change(shop: Shop, slug: str = "paper-shears", **columns: object) -> None:
    shop.write(update(Product).where(Product.slug == slug).values(**columns))


@pytest.mark.parametrize("quantity", ["0", *NOT_A_QUANTITY])
def test_only_a_whole_number_from_1_to_99_can_be_added(sqlite_shop: Shop, quantity: str):
    """SH-18."""
    visitor = sqlite_shop.visitor()

    answer = visitor.post("/cart/items", product_id=product_id(sqlite_shop), quantity=quantity)

    assert answer.status_code == 422
    assert "Give a whole number from 1 to 99." in answer.text
    assert not sqlite_shop.all(CartItem)


@pytest.mark.parametrize("quantity", NOT_A_QUANTITY)
def test_a_line_changes_to_whole_numbers_only(sqlite_shop: Shop, quantity: str):
    """SH-18."""
    visitor = sqlite_shop.visitor()
    visitor.add(quantity=2)

    answer = visitor.post(f"/cart/items/{product_id(sqlite_shop)}", quantity=quantity)

    assert answer.status_code == 422
    assert "Give a whole number from 0 to 99." in answer.text
    assert sqlite_shop.one(CartItem).quantity == 2


def test_zero_removes_a_line(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()

    visitor.post(f"/cart/items/{product_id(sqlite_shop)}", quantity=0)

    assert "There is nothing in your cart yet." in visitor.get("/cart").text


def test_adding_twice_adds_up(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()
    visitor.add(quantity=2)

    page = visitor.get("/cart").text

    assert 'value="3"' in page
    assert "$89.97" in page


@pytest.mark.parametrize(
    ("slug", "quantity", "most"), [("block-plane", 2, 1), ("cedar-pencils", 50, 99)]
)
def test_no_more_than_there_is_and_no_more_than_99(
    sqlite_shop: Shop, slug: str, quantity: int, most: int
):
    visitor = sqlite_shop.visitor()
    visitor.add(slug)

    answer = visitor.post(
        "/cart/items", product_id=product_id(sqlite_shop, slug), quantity=max(quantity, most)
    )

    assert answer.status_code == 422
    assert f"You can have at most {most} of this." in answer.text
    assert sqlite_shop.one(CartItem).quantity == 1


def test_what_is_sold_out_cannot_be_added(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()

    answer = visitor.post(
        "/cart/items", product_id=product_id(sqlite_shop, "folding-lamp"), quantity=1
    )

    assert answer.status_code == 422
    assert "Sold out." in answer.text
    assert not sqlite_shop.all(CartItem)


@pytest.mark.parametrize("id_", ["", "prod_nothing", "' OR 1=1 --", "\0", "x" * 5000])
def test_what_was_never_for_sale_is_nowhere(sqlite_shop: Shop, id_: str):
    answer = sqlite_shop.visitor().post("/cart/items", product_id=id_, quantity=1)

    assert answer.status_code == 404


def test_what_left_the_catalogue_cannot_be_added(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    change(sqlite_shop, "washi-tape", is_active=False)

    answer = visitor.post(
        "/cart/items", product_id=product_id(sqlite_shop, "washi-tape"), quantity=1
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("columns", "notice", "left"),
    [
        ({"stock": 0}, "Paper shears, 21 cm sold out since you put it into the cart.", []),
        ({"stock": 2}, "Only 2 of Paper shears, 21 cm are left; you wanted 3.", [2]),
        ({"is_active": False}, "Paper shears, 21 cm sold out since you put it into the cart.", []),
    ],
)
def test_what_changed_is_said_and_accepted_before_going_on(
    sqlite_shop: Shop, columns: dict[str, object], notice: str, left: list[int]
):
    visitor = sqlite_shop.visitor()
    visitor.add(quantity=3)
    change(sqlite_shop, **columns)

    assert notice in visitor.get("/cart").text
    assert visitor.get("/checkout").location == visitor.checkout().location == "/cart"
    assert not sqlite_shop.all(Order)
    visitor.post("/cart/acknowledge")

    assert [item.quantity for item in sqlite_shop.all(CartItem)] == left
    assert notice not in visitor.get("/cart").text


def test_a_cart_can_be_emptied_of_what_is_no_longer_sold(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()
    change(sqlite_shop, is_active=False)

    visitor.post(f"/cart/items/{product_id(sqlite_shop)}", quantity=0)

    assert "There is nothing in your cart yet." in visitor.get("/cart").text


def test_a_price_in_the_form_is_not_even_read(sqlite_shop: Shop):
    """The total never comes from the browser."""
    visitor = sqlite_shop.visitor()
    made_up = {"unit_amount": 1, "amount": 1, "amount_total": 1, "price": 1, "currency": "jpy"}
    visitor.post("/cart/items", product_id=product_id(sqlite_shop), quantity=1, **made_up)

    visitor.post("/checkout", email="a@example.com", flow="payment_intent", **made_up)

    [order] = visitor.orders()
    assert (order.amount_total, order.currency) == (2999, "usd")
    [intent] = sqlite_shop.at_stripe("payment_intent")
    assert (intent["amount"], intent["currency"]) == (2999, "usd")


def test_two_visitors_have_two_carts(sqlite_shop: Shop):
    sqlite_shop.visitor().add()

    assert "There is nothing in your cart yet." in sqlite_shop.visitor().get("/cart").text


def test_a_price_in_another_currency_is_not_for_sale_here(sqlite_shop: Shop):
    sqlite_shop.write(update(Price).where(Price.currency == "usd").values(currency="gbp"))

    assert sqlite_shop.visitor().get("/products/paper-shears").status_code == 404
