"""Every error that the documents list happens, in the one shape, with the status they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from limits import parse_many
from sqlalchemy import update
from werkzeug.test import TestResponse

from storefront.attempts import MOST_ATTEMPTS
from storefront.cart_changes import CartRefused
from storefront.db import DatabaseBusy
from storefront.models import Order, Price, Product
from storefront.views.api.errors import CODES, ErrorCode
from storefront.views.api.examples import error
from tests.api.caller import Caller
from tests.api.conftest import api_settings
from tests.shop import Shop

CART = {"source_type": "cart"}
THREE = tuple(parse_many("3 per minute"))


def broken(shop: Shop, error: Exception) -> None:
    """Have reading an order fail."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    fail.required_scope = None  # type: ignore[attr-defined]
    shop.app.view_functions["api.get_order"] = fail


def ordered(caller: Caller, status: str = "pending") -> str:
    """Order something; `status` is written behind the shop's back."""
    caller.put_into_cart()
    order_id = str(caller.pay().json["order_id"])
    caller.shop.write(update(Order).where(Order.id == order_id).values(status=status))
    return order_id


def pay_order(caller: Caller, status: str) -> TestResponse:
    order_id = ordered(caller, status)
    return caller.post("/v1/payments", {"source_type": "order", "source_id": order_id})


def with_stock(caller: Caller, stock: int) -> TestResponse:
    caller.put_into_cart("paper-shears", 3)
    caller.shop.write(update(Product).values(stock=stock))
    return caller.pay()


def with_price(caller: Caller, unit_amount: int, *, before: bool) -> TestResponse:
    change = update(Price).values(unit_amount=unit_amount)
    if before:
        caller.shop.write(change)
    caller.put_into_cart()
    caller.shop.write(change)
    return caller.pay()


def same_key(caller: Caller) -> TestResponse:
    caller.put_into_cart()
    caller.pay()
    caller.post("/v1/payments", CART, Idempotency_Key="k")
    return caller.post("/v1/payments", CART | {"metadata": {"a": "b"}}, Idempotency_Key="k")


def while_running(caller: Caller) -> TestResponse:
    """Send it again from within Stripe, which is called before the first one is answered."""
    caller.put_into_cart()
    answers: list[TestResponse] = []

    def again() -> None:
        if not answers:
            answers.append(caller.post("/v1/payments", CART, Idempotency_Key="k"))

    caller.shop.sandbox_app.before_request(again)
    caller.post("/v1/payments", CART, Idempotency_Key="k")
    return answers[0]


def ordered_meanwhile(caller: Caller) -> TestResponse:
    caller.put_into_cart()

    def refuse(**_: Any) -> None:
        raise CartRefused("These items were ordered meanwhile.")

    refuse.required_scope = None  # type: ignore[attr-defined]
    caller.shop.app.view_functions["api.put_cart_item"] = refuse
    return caller.put_into_cart()


def too_often(caller: Caller) -> TestResponse:
    limits = caller.shop.settings.api.caller_limits
    answers = [caller.get("/v1/cart") for _ in range(limits[0].amount + 1)] if limits else []
    return answers[-1]


def again_and_again(caller: Caller) -> TestResponse:
    """Pay one order with other metadata each time, which is another attempt."""
    caller.put_into_cart()
    source = {"source_type": "order", "source_id": caller.pay().json["order_id"]}
    return [caller.pay(**source, metadata={"n": str(n)}) for n in range(MOST_ATTEMPTS)][-1]


def greedy(caller: Caller) -> TestResponse:
    """Want more things at once than anybody may have set aside."""
    caller.shop.write(update(Product).values(stock=1000))
    for slug in ("paper-shears", "washi-tape", "cedar-pencils", "steel-rule"):
        caller.put_into_cart(slug, 99)
    return caller.pay()


def failing(caller: Caller, failure: Exception) -> TestResponse:
    broken(caller.shop, failure)
    return caller.get("/v1/orders/order_1")


def stripe_away(caller: Caller) -> TestResponse:
    caller.put_into_cart()
    caller.shop.sandbox.faults.add("/v1/", "reset", 9)
    return caller.pay()


Way = Callable[[Caller], TestResponse]
WAYS: dict[ErrorCode, Way] = {
    ErrorCode.MALFORMED_REQUEST: lambda c: c.post(
        "/v1/payments", b"{", Content_Type="application/json"
    ),
    ErrorCode.UNAUTHENTICATED: lambda c: c.get("/v1/cart", Authorization="Bearer fsk_x"),
    ErrorCode.FORBIDDEN: lambda c: Caller(c.shop, scopes=["orders:read"]).pay(),
    ErrorCode.NOT_FOUND: lambda c: c.get("/v1/orders/order_1"),
    ErrorCode.METHOD_NOT_ALLOWED: lambda c: c.call("PATCH", "/v1/orders/order_1"),
    ErrorCode.PAYMENT_PROCESSING: lambda c: pay_order(c, "processing"),
    ErrorCode.CART_ORDERED: ordered_meanwhile,
    ErrorCode.IDEMPOTENCY_KEY_IN_USE: while_running,
    ErrorCode.BODY_TOO_LARGE: lambda c: c.post(
        "/v1/payments", b"x" * 70_000, Content_Type="application/json"
    ),
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: lambda c: c.post("/v1/payments", b"a=b"),
    ErrorCode.INVALID_FIELDS: lambda c: c.call("PUT", "/v1/cart/items/prod_1", {"quantity": "two"}),
    ErrorCode.CART_EMPTY: lambda c: c.pay(),
    ErrorCode.INSUFFICIENT_STOCK: lambda c: with_stock(c, 2),
    ErrorCode.PRICE_CHANGED: lambda c: with_price(c, 5000, before=False),
    ErrorCode.INVALID_AMOUNT: lambda c: with_price(c, 49, before=True),
    ErrorCode.ORDER_ALREADY_PAID: lambda c: pay_order(c, "paid"),
    ErrorCode.ORDER_CLOSED: lambda c: pay_order(c, "cancelled"),
    ErrorCode.TOO_MANY_ATTEMPTS: again_and_again,
    ErrorCode.TOO_MUCH_HELD: greedy,
    ErrorCode.IDEMPOTENCY_KEY_REUSED: same_key,
    ErrorCode.RATE_LIMITED: too_often,
    ErrorCode.INTERNAL_ERROR: lambda c: failing(c, ZeroDivisionError()),
    ErrorCode.PAYMENT_PROVIDER_UNAVAILABLE: stripe_away,
    ErrorCode.SERVICE_UNAVAILABLE: lambda c: failing(c, DatabaseBusy("Others write.")),
}


def test_every_code_has_a_meaning_and_a_way_to_get_it():
    assert set(WAYS) == set(CODES) == set(ErrorCode)


@pytest.mark.parametrize("code", WAYS)
def test_every_error_is_told_as_its_example_says(code: ErrorCode, sqlite_url: str):
    limits = {} if code is not ErrorCode.RATE_LIMITED else {"caller_limits": THREE}
    with Shop(sqlite_url, **api_settings(**limits)) as shop:
        answer = WAYS[code](Caller(shop))

    told, example = answer.json, error(code)
    assert (told["error"]["code"], answer.status_code) == (code, CODES[code].status)
    assert shape(told) == shape(example)
    assert told["request_id"] == answer.headers["X-Request-ID"]
    assert told["error"]["message"].endswith(".")
    assert ("Retry-After" in answer.headers) >= (answer.status_code in {429, 503})
    assert ("WWW-Authenticate" in answer.headers) == (answer.status_code in {401, 403})
    assert ("Allow" in answer.headers) == (answer.status_code == 405)


def shape(value: Any) -> Any:
    """Return what a value is made of: its fields, and nothing of what is in them."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items() if name != "fields"}
    return [shape(each) for each in value] if isinstance(value, list) else type(value)


def test_what_stripe_refuses_is_a_bad_gateway_and_may_be_sent_again(sqlite_url: str):
    """The shop's own fault, here a name that is too long for Stripe."""
    with Shop(sqlite_url, store_id="x" * 501, **api_settings()) as shop:
        caller = Caller(shop)
        caller.put_into_cart()
        answer = caller.pay()

    assert answer.status_code == 502
    assert answer.json["error"]["code"] == "PAYMENT_PROVIDER_UNAVAILABLE"
    assert int(answer.headers["Retry-After"]) > 0


def test_an_outage_after_the_money_was_taken_isnt_told_as_if_it_wasnt(alice: Caller):
    alice.put_into_cart()
    started = alice.pay().json
    alice.shop.pay_at_stripe(started["payment_intent"]["id"])
    alice.shop.sandbox.faults.add("/v1/", "reset", 9)

    answer = alice.post(f"/v1/orders/{started['order_id']}:cancel")

    assert answer.status_code == 503
    assert "charged" not in answer.json["error"]["message"]
    assert "Look at the order" in answer.json["error"]["message"]


def test_whoever_had_all_attempts_finds_the_way_out(alice: Caller):
    refused = again_and_again(alice).json["error"]
    [order] = alice.get("/v1/orders").json["data"]

    alice.post(f"/v1/orders/{order['id']}:cancel")
    alice.put_into_cart()

    assert "Cancel it, then fill the cart and order again." in refused["message"]
    assert alice.pay().status_code == 201


def test_after_an_outage_the_same_request_is_the_same_payment(alice: Caller):
    assert stripe_away(alice).status_code == 503
    alice.shop.sandbox.faults.clear()

    again = alice.pay()

    assert again.status_code == 201
    assert len(alice.shop.at_stripe("payment_intent")) == 1


NOWHERE = ["/v1", "/v1/", "/v1/nowhere", "/v1/orders/", "/v1//orders", "/v1/payments:refund"]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_nobody_answers_is_told_like_everything_else(anybody: Caller, path: str):
    answer = anybody.get(path)

    assert (answer.status_code, answer.json["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/v1/cart", "/static/shop.css"])
def test_every_answer_of_the_shop_names_its_request(anybody: Caller, path: str):
    names = [anybody.get(path, X_Request_ID="mine").headers["X-Request-ID"] for _ in range(2)]

    assert len(set(names)) == 2
    assert all(name.startswith("req_") and len(name) == 26 for name in names)


def test_another_host_is_refused_in_the_same_shape(anybody: Caller):
    answer = anybody.shop.app.test_client().get("/v1/cart", base_url="http://evil.example")

    assert (answer.status_code, answer.json["error"]["code"]) == (400, "MALFORMED_REQUEST")
