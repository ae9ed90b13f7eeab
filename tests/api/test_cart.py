"""The cart and the products through the API."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.models import Price, Product
from tests.api.caller import Caller


def product_id(caller: Caller, slug: str = "paper-shears") -> str:
    return caller.shop.one(Product, Product.slug == slug).id


def test_products_are_listed_and_looked_at(anybody: Caller):
    listed = anybody.get("/v1/products").json["data"]

    assert len(listed) == len(anybody.shop.all(Product, Product.is_active))
    assert anybody.get(f"/v1/products/{listed[0]['id']}").json == listed[0]
    image = listed[0]["image_url"].removeprefix(anybody.shop.settings.public_base_url)
    assert anybody.get(image).status_code == 200


@pytest.mark.parametrize(
    ("accept", "query", "key"),
    [("", "", "en"), ("zh-TW,zh;q=0.9,en;q=0.8", "", "zh_Hant_TW"), ("fr", "", "en"),
     ("en", "?locale=zh-Hant-TW", "zh_Hant_TW")],
)  # fmt: skip
def test_names_are_told_in_the_callers_language(anybody: Caller, accept: str, query: str, key: str):
    product = anybody.shop.one(Product, Product.slug == "paper-shears")

    answer = anybody.get(f"/v1/products/{product.id}{query}", Accept_Language=accept)

    assert answer.json["name"] == product.name[key]


def test_a_cart_is_filled_changed_and_emptied(alice: Caller):
    empty = alice.get("/v1/cart").json
    alice.put_into_cart("paper-shears", 2)
    alice.put_into_cart("washi-tape", 1)
    filled = alice.get("/v1/cart").json
    less = alice.put_into_cart("washi-tape", 0).json

    assert empty == {"items": [], "total_amount": 0, "currency": "usd", "order_id": None}
    assert [item["quantity"] for item in filled["items"]] == [2, 1]
    assert filled["total_amount"] == sum(item["subtotal"] for item in filled["items"])
    assert [item["product_id"] for item in less["items"]] == [product_id(alice)]
    assert alice.call("DELETE", "/v1/cart").status_code == 204
    assert alice.get("/v1/cart").json == empty


def test_changing_an_ordered_cart_cancels_the_order(alice: Caller):
    """An order's total never changes after its first attempt."""
    alice.put_into_cart("paper-shears")
    order_id = alice.pay().json["order_id"]
    ordered = alice.get("/v1/cart").json

    alice.put_into_cart("paper-shears", 2)

    [intent] = alice.shop.at_stripe("payment_intent")
    assert (ordered["order_id"], intent["status"]) == (order_id, "canceled")
    assert alice.get(f"/v1/orders/{order_id}").json["status"] == "cancelled"
    assert alice.pay().json["order_id"] != order_id


@pytest.mark.parametrize(
    ("slug", "quantity", "status"),
    [("paper-shears", 1, 200), ("washi-tape", 0, 200), ("paper-shears", 99, 422),
     ("nothing", 0, 200), ("nothing", 1, 404)],
)  # fmt: skip
def test_a_put_that_is_refused_or_changes_nothing_leaves_the_order_alone(
    alice: Caller, slug: str, quantity: int, status: int
):
    """The retry of a put whose answer was lost is such a one."""
    alice.put_into_cart("paper-shears")
    order_id = alice.pay().json["order_id"]
    id_ = "prod_nobody" if slug == "nothing" else product_id(alice, slug)

    answer = alice.call("PUT", f"/v1/cart/items/{id_}", {"quantity": quantity})

    assert answer.status_code == status
    assert alice.get("/v1/cart").json["order_id"] == order_id
    [intent] = alice.shop.at_stripe("payment_intent")
    assert intent["status"] == "requires_payment_method"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_cancelling_an_order_by_its_cart_needs_the_scope_to_cancel(alice: Caller, method: str):
    alice.put_into_cart("paper-shears")
    order_id = alice.pay().json["order_id"]
    filler = Caller(alice.shop, scopes=["cart:write"])
    path = "/v1/cart" if method == "DELETE" else f"/v1/cart/items/{product_id(alice)}"

    answer = filler.call(method, path, {"quantity": 2} if method == "PUT" else None)

    assert (answer.status_code, answer.json["error"]["details"]) == (403, {"scope": "orders:write"})
    assert 'scope="orders:write"' in answer.headers["WWW-Authenticate"]
    assert alice.get(f"/v1/orders/{order_id}").json["status"] == "pending"
    assert filler.put_into_cart("paper-shears", 1).status_code == 200


def test_a_new_price_is_told_and_accepted_by_putting_the_item_again(alice: Caller):
    alice.put_into_cart()
    alice.shop.write(update(Price).values(unit_amount=Price.unit_amount + 100))

    refused = alice.pay().json["error"]
    [item] = refused["details"]["items"]
    notice = alice.get("/v1/cart").json["items"][0]["notice"]
    alice.put_into_cart()

    assert refused["code"] == "PRICE_CHANGED"
    assert item["product_price"] - item["product_price_before"] == 100
    assert "now costs" in notice
    assert alice.pay().json["amount"] == item["product_price"]


def test_what_sold_out_meanwhile_is_named(alice: Caller):
    alice.put_into_cart("paper-shears", 3)
    alice.shop.write(update(Product).where(Product.slug == "paper-shears").values(stock=2))

    refused = alice.pay()

    assert refused.status_code == 422
    assert refused.json["error"]["details"]["items"] == [
        {"product_id": product_id(alice), "requested": 3, "available": 2}
    ]
    assert alice.get("/v1/orders").json["data"] == []


@pytest.mark.parametrize(
    "quantity", [-1, 100, 1e9, 1.5, "2", "２", None, True, [], {}, 10**30, 1e300]
)
def test_a_quantity_is_a_whole_number_from_0_to_99(full_cart: Caller, quantity: object):
    """SH-18, through the other door."""
    path = f"/v1/cart/items/{product_id(full_cart, 'washi-tape')}"

    answer = full_cart.call("PUT", path, {"quantity": quantity})

    assert (answer.status_code, answer.json["error"]["code"]) == (422, "INVALID_FIELDS")
    assert len(full_cart.get("/v1/cart").json["items"]) == 1


@pytest.mark.parametrize("id_", ["prod_nobody", "1", "%27", "x" * 300])
def test_what_isnt_for_sale_is_not_there(full_cart: Caller, id_: str):
    put = full_cart.call("PUT", f"/v1/cart/items/{id_}", {"quantity": 1})

    assert (put.status_code, full_cart.get(f"/v1/products/{id_}").status_code) == (404, 404)
    assert len(full_cart.get("/v1/cart").json["items"]) == 1


def test_a_cart_is_its_owners_alone(alice: Caller):
    alice.put_into_cart()

    assert Caller(alice.shop, "mallory").get("/v1/cart").json["items"] == []
