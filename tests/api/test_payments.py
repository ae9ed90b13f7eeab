"""Paying through the API: both flows, over again, by other wishes, and by the wrong people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.caller import Caller
from tests.shop import ADDRESS, DECLINED, VISA, Shop

URLS = {"success_url": f"{ADDRESS}/?s={{CHECKOUT_SESSION_ID}}", "cancel_url": f"{ADDRESS}/cart"}
CREATE_SESSION = "/v1/payments:createCheckoutSession"


def by_intent(caller: Caller, **fields: Any) -> TestResponse:
    return caller.post("/v1/payments", {"source_type": "cart"} | fields)


def by_session(caller: Caller, **fields: Any) -> TestResponse:
    return caller.post(CREATE_SESSION, {"source_type": "cart"} | URLS | fields)


FLOWS: dict[str, Callable[..., TestResponse]] = {
    "payment_intent": by_intent,
    "checkout_session": by_session,
}
each_flow = pytest.mark.parametrize("start", FLOWS.values(), ids=FLOWS)


def test_a_payment_is_started_by_the_payment_intent_flow(alice: Caller):
    alice.put_into_cart("paper-shears", 2)

    answer = alice.post(
        "/v1/payments",
        {"source_type": "cart", "payment_method": "stripe", "return_url": f"{ADDRESS}/back"},
    )

    [intent] = alice.shop.at_stripe("payment_intent")
    order = alice.get(f"/v1/orders/{answer.json['order_id']}").json
    assert answer.status_code == 201
    assert answer.json == {
        "payment_id": order["payments"][0]["id"],
        "order_id": order["id"],
        "payment_intent": {
            "id": intent["id"],
            "status": "requires_payment_method",
            "amount": order["total_amount"],
            "currency": "usd",
            "client_secret": intent["client_secret"],
        },
        "amount": order["total_amount"],
        "currency": "usd",
        "status": "pending",
    }


def test_a_payment_is_started_by_the_checkout_flow(alice: Caller):
    alice.put_into_cart()

    answer = by_session(alice)

    [session] = alice.shop.at_stripe("checkout.session")
    assert answer.status_code == 201
    assert set(answer.json) == {"checkout_url", "session_id", "order_id", "payment_id"}
    assert answer.json["session_id"] == session["id"]
    assert answer.json["checkout_url"] == session["url"]
    assert (session["success_url"], session["cancel_url"]) == tuple(URLS.values())


@each_flow
def test_it_is_paid_when_the_webhook_says_so(alice: Caller, start: Callable[..., TestResponse]):
    alice.put_into_cart()
    started = start(alice).json
    stripe_id = started.get("session_id") or started["payment_intent"]["id"]
    payment_path = f"/v1/payments/{started['payment_id']}"

    alice.shop.pay_at_stripe(stripe_id, DECLINED) if stripe_id.startswith("pi_") else None
    alice.shop.pay_at_stripe(stripe_id, VISA)
    before = alice.get(payment_path).json
    alice.shop.deliver()
    after, order = alice.get(payment_path).json, alice.get(f"/v1/orders/{started['order_id']}").json

    assert (before["status"], before["paid_at"]) == ("pending", None)
    assert (after["status"], order["status"]) == ("succeeded", "paid")
    assert after["amount_received"] == after["amount"] == order["total_amount"]
    assert after["paid_at"] == order["paid_at"] is not None
    assert after["last_event_id"].startswith("evt_")
    assert order["payments"] == [after]


def test_nothing_is_told_to_be_paid_before_it_was_made(alice: Caller):
    """Within the first second of an attempt: Stripe's clock has no others."""
    alice.shop.now += 0.9
    alice.put_into_cart()
    started = alice.pay().json
    alice.shop.pay_at_stripe(started["payment_intent"]["id"], VISA)
    alice.shop.deliver()

    order = alice.get(f"/v1/orders/{started['order_id']}").json

    assert order["paid_at"] == order["created_at"]
    assert order["payments"][0]["paid_at"] == order["payments"][0]["created_at"]


def test_a_payment_is_found_by_its_payment_intent_too(alice: Caller):
    alice.put_into_cart()
    started = by_intent(alice).json

    found = alice.get(f"/v1/payments/{started['payment_intent']['id']}")

    assert found.json == alice.get(f"/v1/payments/{started['payment_id']}").json
    assert found.json["stripe_payment_intent_id"] == started["payment_intent"]["id"]
    assert found.json["user_id"] == alice.user_id


@each_flow
def test_the_same_cart_twice_is_the_same_order_and_attempt(
    alice: Caller, start: Callable[..., TestResponse]
):
    alice.put_into_cart()

    assert start(alice).json == start(alice).json
    assert len(alice.get("/v1/payments").json["data"]) == 1


def test_the_other_flow_stops_the_first(alice: Caller):
    alice.put_into_cart()
    first = by_intent(alice).json

    second = by_session(alice).json

    [intent] = alice.shop.at_stripe("payment_intent")
    assert (second["order_id"], intent["status"]) == (first["order_id"], "canceled")
    assert alice.get(f"/v1/payments/{first['payment_id']}").json["status"] == "canceled"


@pytest.mark.parametrize(
    "other",
    [{"success_url": f"{ADDRESS}/other"}, {"cancel_url": f"{ADDRESS}/other"},
     {"metadata": {"campaign": "autumn"}}],
    ids=["success_url", "cancel_url", "metadata"],
)  # fmt: skip
def test_other_wishes_make_a_new_attempt_and_stop_the_old(alice: Caller, other: dict[str, Any]):
    """An attempt's request comes from its row, so a live one can't take another's wishes."""
    alice.put_into_cart()
    first = by_session(alice, metadata={"campaign": "spring"}).json

    second = by_session(alice, **({"metadata": {"campaign": "spring"}} | other)).json

    assert second["order_id"] == first["order_id"]
    assert second["session_id"] != first["session_id"]
    statuses = [session["status"] for session in alice.shop.at_stripe("checkout.session")]
    assert statuses == ["expired", "open"]


@each_flow
def test_an_order_is_paid_again_by_its_id(alice: Caller, start: Callable[..., TestResponse]):
    alice.put_into_cart()
    order_id = by_intent(alice).json["order_id"]

    again = start(alice, source_type="order", source_id=order_id)

    assert (again.status_code, again.json["order_id"]) == (201, order_id)


def test_metadata_goes_to_stripe_beside_ours(alice: Caller):
    alice.put_into_cart()
    notes = {f"k{n}": "v" * 500 for n in range(19)} | {"ключ " + "x" * 35: "é"}

    started = by_intent(alice, metadata=notes).json

    [intent] = alice.shop.at_stripe("payment_intent")
    ours = {"store_id": "storefront", "order_id": started["order_id"]}
    assert intent["metadata"] == notes | ours | {"payment_id": started["payment_id"]}
    assert alice.get(f"/v1/payments/{started['payment_id']}").json["metadata"] == notes


REFUSED: dict[str, dict[str, Any]] = {
    "an amount": {"amount": 1},
    "a currency": {"currency": "jpy"},
    "a status": {"status": "succeeded"},
    "an order's id": {"order_id": "order_1"},
    "a store": {"store_id": "x"},
    "livemode": {"livemode": True},
    "our own order_id in the metadata": {"metadata": {"order_id": "order_1"}},
    "our own payment_id in the metadata": {"metadata": {"payment_id": "pay_1"}},
    "our own store_id in the metadata": {"metadata": {"store_id": "x"}},
    "21 pairs of metadata": {"metadata": {str(n): "v" for n in range(21)}},
    "a key that is too long": {"metadata": {"k" * 41: "v"}},
    "a key with a bracket": {"metadata": {"a[b]": "v"}},
    "an empty key": {"metadata": {"": "v"}},
    "an empty value": {"metadata": {"k": ""}},
    "a value that is too long": {"metadata": {"k": "v" * 501}},
    "a value that isn't text": {"metadata": {"k": 1}},
    "metadata that is a list": {"metadata": ["k"]},
    "another way to pay": {"payment_method": "cash"},
    "no source": {"source_type": None},
    "a source that isn't known": {"source_type": "wishlist"},
    "an order without its id": {"source_type": "order"},
    "a cart with an id": {"source_id": "cart_1"},
    "an id that is a number": {"source_type": "order", "source_id": 1},
    "an id and a line break": {"source_type": "order", "source_id": "order_1\n"},
}


@pytest.mark.parametrize("start", FLOWS.values(), ids=FLOWS)
@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_what_isnt_asked_for_is_refused_before_anything_happens(
    full_cart: Caller, start: Callable[..., TestResponse], fields: dict[str, Any]
):
    """AP-08: the amount comes from the order, and our own metadata from us."""
    answer = start(full_cart, **fields)

    assert (answer.status_code, answer.json["error"]["code"]) == (422, "INVALID_FIELDS")
    wrong = {"source_id"} if fields.get("source_type") == "order" else set(fields)
    assert set(answer.json["error"]["details"]["fields"]) == wrong
    assert full_cart.get("/v1/orders").json["data"] == []
    assert full_cart.shop.at_stripe("payment_intent") == []


EVIL_URLS = [
    "https://evil.example/", "//evil.example", "/relative", "javascript:alert(1)", "",
    f"{ADDRESS}.evil.example/", f"{ADDRESS}@evil.example/", f"https://x@{ADDRESS[7:]}/",
    f"{ADDRESS}\\@evil.example/", f"{ADDRESS}/\n", f" {ADDRESS}/", f"{ADDRESS}/é",
    ADDRESS.replace("http:", "https:"), "http://127.0.0.1:8001/", "http://localhost:8000/",
    f"{ADDRESS}/{'a' * 2048}", f"{ADDRESS}/{{other}}", "data:text/html,x", "http://",
]  # fmt: skip


@pytest.mark.parametrize("url", EVIL_URLS)
def test_shoppers_are_sent_to_listed_origins_only(
    full_cart: Caller, url: str, caplog: pytest.LogCaptureFixture
):
    for field in ("success_url", "cancel_url"):
        answer = by_session(full_cart, **{field: url})
        assert answer.status_code == 422
        assert list(answer.json["error"]["details"]["fields"]) == [field]
    assert by_intent(full_cart, return_url=url).status_code == 422
    assert caplog.text.count("refused=return-url caller=key_") == 3
    assert full_cart.get("/v1/orders").json["data"] == []


def test_the_sessions_id_is_filled_in_on_success_alone(full_cart: Caller):
    assert by_session(full_cart, cancel_url=URLS["success_url"]).status_code == 422


@each_flow
def test_somebody_elses_order_is_not_paid(shop: Shop, start: Callable[..., TestResponse]):
    """AP-07: the same 404 as for an order that never was, and nothing happens at Stripe."""
    alice, mallory = Caller(shop), Caller(shop, "mallory")
    alice.put_into_cart()
    order_id = by_intent(alice).json["order_id"]
    asked = len(shop.sandbox.requests)

    theirs = start(mallory, source_type="order", source_id=order_id)
    nobodys = start(mallory, source_type="order", source_id="order_" + "x" * 22)

    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json["error"] == nobodys.json["error"]
    assert len(shop.sandbox.requests) == asked


def test_no_secret_is_ever_read_back(alice: Caller):
    """AP-09: whoever may read a payment may not pay it."""
    alice.put_into_cart()
    secret = by_intent(alice).json["payment_intent"]["client_secret"]

    for path in ("/v1/payments", "/v1/orders", "/v1/cart"):
        assert secret not in alice.get(path).text
