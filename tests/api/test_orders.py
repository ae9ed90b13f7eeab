"""Orders through the API: reading, listing, cancelling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import event

from storefront.db import db
from storefront.models import Order, Product
from tests.api.caller import Caller
from tests.shop import Shop


@contextmanager
def counted(shop: Shop) -> Iterator[list[str]]:
    """Collect the statements that the shop sends to its database."""
    statements: list[str] = []
    with shop.app.app_context():
        engine = db.engine

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def ordered(caller: Caller, *slugs: str) -> str:
    """Order one of each, and return the order's id."""
    for slug in slugs or ("paper-shears",):
        caller.put_into_cart(slug)
    return str(caller.pay().json["order_id"])


def pay(caller: Caller, order_id: str) -> None:
    """Pay at the sandbox, as the caller's page would."""
    caller.shop.pay(caller.shop.one(Order, Order.id == order_id).token)


def test_an_order_tells_what_was_bought(alice: Caller):
    alice.put_into_cart("paper-shears", 3)
    order_id = alice.pay().json["order_id"]

    order = alice.get(f"/v1/orders/{order_id}").json

    [item] = order["items"]
    assert item["product_id"] == alice.shop.one(Product, Product.slug == "paper-shears").id
    assert item["subtotal"] == item["product_price"] * 3 == order["total_amount"]
    assert (order["status"], order["user_id"], order["paid_at"]) == ("pending", alice.user_id, None)
    assert [payment["order_id"] for payment in order["payments"]] == [order_id]
    created = datetime.fromisoformat(order["created_at"])
    assert created.timestamp() == alice.shop.now
    assert order["created_at"].endswith("Z")


def test_an_order_costs_the_same_queries_whatever_its_size(shop: Shop):
    small, large = Caller(shop, "small"), Caller(shop, "large")
    slugs = [product.slug for product in shop.all(Product, Product.stock > 0)][:8]
    paths = [f"/v1/orders/{ordered(small)}", f"/v1/orders/{ordered(large, *slugs)}"]
    for _ in range(4):
        large.pay(metadata={"try": str(len(large.get("/v1/payments").json["data"]))})
    counts = []
    for caller, path in zip((small, large), paths, strict=True):
        caller.get(path)
        with counted(shop) as statements:
            caller.get(path)
        counts.append(len([each for each in statements if "SELECT" in each]))

    assert len(large.get(paths[1]).json["items"]) == 8
    assert len(large.get(paths[1]).json["payments"]) == 5
    assert counts == [4, 4]  # the key, the order, its items, its payments


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/payments"])
def test_a_list_is_walked_page_by_page_newest_first(either: Caller, path: str):
    for second in range(5):
        either.shop.now += second % 2  # some were made in the same moment
        order_id = ordered(either)
        pay(either, order_id)
        either.shop.deliver()
    whole = either.get(f"{path}?limit=100").json

    seen, last = [], ""
    for _ in range(3):
        page = either.get(f"{path}?limit=2{last}").json
        seen += page["data"]
        last = f"&starting_after={page['data'][-1]['id']}"

    assert seen == whole["data"]
    assert (len(seen), whole["has_more"], page["has_more"]) == (5, False, False)
    moments = [each["created_at"] for each in seen]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/payments"])
@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=-1", "limit=1.5", "limit=", "limit=١", "limit=1_0", "limit=1e1",
     "limit=1&limit=2", "limit[]=1", "after=x", "starting_after=", "starting_after=nobody",
     "starting_after=%00", "starting_after=a%27--", "limit=99999999999999999999"],
)  # fmt: skip
def test_a_list_refuses_what_it_doesnt_know(anybody: Caller, path: str, query: str):
    answer = anybody.get(f"{path}?{query}")

    assert (answer.status_code, answer.json["error"]["code"]) == (422, "INVALID_FIELDS")


def test_a_list_doesnt_go_on_after_somebody_elses(shop: Shop):
    """AP-06: not even whether it exists is told."""
    alice, mallory = Caller(shop), Caller(shop, "mallory")
    order_id = ordered(alice)

    theirs = mallory.get(f"/v1/orders?starting_after={order_id}")
    nobodys = mallory.get(f"/v1/orders?starting_after=order_{'x' * 22}")

    assert theirs.json["error"] == nobodys.json["error"]
    assert mallory.get("/v1/orders").json == {"data": [], "has_more": False}


GUESSES = ["1", "order_1", "pay_1", "pi_1", "0190a5b4-0000-7000-8000-000000000000", "x" * 300,
           "%27%20OR%201=1--", "..", "%C3%A9", "order_%E2%80%AE"]  # fmt: skip


@pytest.mark.parametrize("kind", ["orders", "payments"])
def test_somebody_elses_is_as_absent_as_what_never_was(shop: Shop, kind: str):
    """AP-06."""
    alice, mallory = Caller(shop), Caller(shop, "mallory")
    ordered(alice)
    [own] = alice.get(f"/v1/{kind}").json["data"]

    answers = [mallory.get(f"/v1/{kind}/{id_}") for id_ in [own["id"], *GUESSES]]
    if kind == "payments":
        answers.append(mallory.get(f"/v1/payments/{own['stripe_payment_intent_id']}"))

    assert {answer.status_code for answer in answers} == {404}
    assert len({str(answer.json["error"]) for answer in answers}) == 1


def test_an_order_is_cancelled_with_its_payment(alice: Caller):
    order_id, stock = ordered(alice), alice.shop.stock()

    answers = [alice.post(f"/v1/orders/{order_id}:cancel") for _ in range(2)]

    [intent] = alice.shop.at_stripe("payment_intent")
    assert [(each.status_code, each.json["status"]) for each in answers] == [(200, "cancelled")] * 2
    assert (intent["status"], alice.shop.stock()) == ("canceled", stock + 1)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_a_cancel_without_a_body_is_of_any_type(anybody: Caller, content_type: str):
    """What isn't there has no type; clients that say one always are understood."""
    answer = anybody.post("/v1/orders/order_1:cancel", b"", Content_Type=content_type)

    assert answer.json["error"]["code"] == "NOT_FOUND"


def test_a_paid_order_is_not_cancelled(alice: Caller):
    order_id = ordered(alice)
    pay(alice, order_id)
    alice.shop.deliver()

    answer = alice.post(f"/v1/orders/{order_id}:cancel")

    assert (answer.status_code, answer.json["error"]["code"]) == (422, "ORDER_ALREADY_PAID")


def test_a_verb_is_no_part_of_an_id(alice: Caller):
    order_id = ordered(alice)

    assert alice.get(f"/v1/orders/{order_id}:cancel").status_code == 405
    assert alice.post(f"/v1/orders/{order_id}:destroy").status_code == 404
    assert alice.get(f"/v1/orders/{order_id}").json["status"] == "pending"
