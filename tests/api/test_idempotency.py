"""Idempotency-Key on POST: one effect and one answer, however often a program asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from storefront.answers import LONGEST_REQUEST
from storefront.db import db
from storefront.models import ApiAnswer, Order, Payment
from tests.api.caller import Caller, unlimited_shop
from tests.checkout.meanwhile import around_a_call
from tests.checkout.test_stripe_faults import Killed
from tests.checkout.together import together
from tests.shop import Shop

START = {"source_type": "cart", "payment_method": "stripe"}
SESSION = {
    "source_type": "cart",
    "success_url": "http://127.0.0.1:8000/success",
    "cancel_url": "http://127.0.0.1:8000/cancel",
}
STARTS = {"/v1/payments": START, "/v1/payments:createCheckoutSession": SESSION}
each_flow = pytest.mark.parametrize("path", STARTS)


@pytest.fixture
def either(database_url: str) -> Iterator[Caller]:
    """Somebody's program, with something in the cart, on each database in turn."""
    with unlimited_shop(database_url) as running:
        yield shopping(Caller(running))


@pytest.fixture
def alice(alice: Caller) -> Caller:
    """The same on SQLite alone."""
    return shopping(alice)


def shopping(caller: Caller) -> Caller:
    caller.put_into_cart()
    return caller


def start(caller: Caller, path: str = "/v1/payments") -> TestResponse:
    return caller.post(path, STARTS[path], Idempotency_Key="k")


def code(answer: TestResponse) -> str:
    assert answer.json
    return str(answer.json["error"]["code"])


def is_replay(answer: TestResponse) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


@each_flow
def test_the_same_request_gets_the_same_bytes_and_happens_once(either: Caller, path: str):
    """AP-11, sequential."""
    first = start(either, path)
    asked = len(either.shop.sandbox.requests)

    again = start(either, path)

    assert (first.status_code, is_replay(first)) == (201, False)
    assert (again.status_code, is_replay(again)) == (201, True)
    assert again.data == first.data
    assert again.content_type == first.content_type
    assert len(either.shop.sandbox.requests) == asked
    assert len(either.shop.all(Order)) == len(either.shop.all(Payment)) == 1


@each_flow
def test_eight_at_once_have_one_effect(either: Caller, path: str):
    """AP-11, concurrent: whoever comes meanwhile is asked to come again."""
    answers = together(*[lambda: start(either, path)] * 8)

    done = [each for each in answers if each.status_code == 201]
    busy = [each for each in answers if each.status_code == 409]
    assert done
    assert len(done) + len(busy) == 8
    assert len({each.data for each in done}) == 1
    assert {(code(each), "Retry-After" in each.headers) for each in busy} <= {
        ("IDEMPOTENCY_KEY_IN_USE", True)
    }
    assert len(either.shop.all(Order)) == len(either.shop.all(Payment)) == 1


@pytest.mark.parametrize("other", [{"metadata": {"a": "b"}}, {"source_type": "order"}], ids=str)
def test_another_body_under_the_same_key_is_refused_without_effect(
    shop: Shop, alice: Caller, other: dict[str, Any]
):
    """AP-12."""
    start(alice)
    before = shop.all(Payment)

    answer = alice.post("/v1/payments", START | other, Idempotency_Key="k")

    assert (answer.status_code, code(answer)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(shop.all(Payment)) == len(before)


def test_another_path_under_the_same_key_is_refused(alice: Caller):
    """AP-12."""
    order = start(alice).json["order_id"]

    answer = alice.post(f"/v1/orders/{order}:cancel", START, Idempotency_Key="k")

    assert (answer.status_code, code(answer)) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_two_callers_may_use_the_same_key(shop: Shop, alice: Caller):
    """AP-13: even two keys of one user."""
    first = start(alice)
    bob = Caller(shop, "bob")
    bob.put_into_cart()

    answers = [start(each) for each in (bob, Caller(shop))]

    assert not any(is_replay(each) for each in answers)
    assert answers[0].json["order_id"] != first.json["order_id"]


def test_a_key_is_optional_and_only_a_key_is_remembered(shop: Shop, alice: Caller):
    """AP-10: without one the request runs each time, and finds what is there."""
    answers = [alice.post("/v1/payments", START) for _ in range(2)]

    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json["order_id"] == answers[1].json["order_id"]
    assert shop.all(ApiAnswer) == []


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"], ids=ascii)
def test_a_key_that_is_none_is_refused(sqlite_shop: Shop, key: str):
    answer = Caller(sqlite_shop).post("/v1/payments", START, Idempotency_Key=key)

    assert (answer.status_code, code(answer)) == (400, "MALFORMED_REQUEST")
    assert "Idempotency-Key" in answer.json["error"]["message"]


@pytest.mark.parametrize("key", ["x" * 255, "~ !", "a, b"])
def test_any_printable_ascii_is_a_key(sqlite_shop: Shop, key: str):
    caller = shopping(Caller(sqlite_shop))

    answers = [caller.post("/v1/payments", START, Idempotency_Key=key) for _ in range(2)]

    assert [(each.status_code, is_replay(each)) for each in answers] == [
        (201, False),
        (201, True),
    ]


@pytest.mark.parametrize("body", [START, START | {"amount": 1}, {"source_type": "order"}], ids=str)
def test_a_refusal_is_about_its_moment_only(sqlite_shop: Shop, body: dict[str, Any]):
    """AP-11: once what was wrong is put right, the key does what it was made for."""
    caller = Caller(sqlite_shop)

    refused = caller.post("/v1/payments", body, Idempotency_Key="k")
    caller.put_into_cart()
    done = start(caller)

    assert (refused.status_code, done.status_code, is_replay(done)) == (422, 201, False)
    assert is_replay(start(caller))


def test_what_did_not_come_to_a_decision_may_run_again(sqlite_shop: Shop):
    """ST-01: Stripe's failure isn't kept, and the same key finishes what it began."""
    caller = Caller(sqlite_shop)
    caller.put_into_cart()
    sqlite_shop.sandbox.faults.add("/v1/", "timeout_before", 2)

    failed = start(caller)
    done = start(caller)

    assert (failed.status_code, done.status_code, is_replay(done)) == (503, 201, False)
    assert len(sqlite_shop.all(Order)) == len(sqlite_shop.all(Payment)) == 1


@pytest.mark.parametrize(
    ("scopes", "status"), [(["payments:read"], 403), (["payments:write"], 400)], ids=str
)
def test_refusals_at_the_door_are_not_kept(sqlite_shop: Shop, scopes: list[str], status: int):
    caller = Caller(sqlite_shop, scopes=scopes)

    answer = caller.post("/v1/payments", b"{", Idempotency_Key="k", Content_Type="application/json")

    assert answer.status_code == status
    assert sqlite_shop.all(ApiAnswer) == []


def test_the_answer_of_yesterday_is_forgotten(sqlite_shop: Shop):
    caller = Caller(sqlite_shop)
    caller.put_into_cart()
    start(caller)
    sqlite_shop.now += 24 * 60 * 60

    assert not is_replay(start(caller))


def killed() -> None:
    raise Killed


MOMENTS = {
    "before Stripe is asked": {"before": killed},
    "before its answer is heard": {"after": killed},
}


@each_flow
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_a_request_killed_at_stripe_is_finished_by_its_retry(
    shop: Shop, alice: Caller, path: str, moment: dict[str, Any]
):
    """CR-01 and CR-02 with a key: one order, one attempt, one object at Stripe."""
    with around_a_call(shop, "/v1/", **moment), pytest.raises(Killed):
        start(alice, path)

    finished_by_its_retry(alice, path)


@each_flow
def test_a_request_killed_before_its_answer_is_kept_is_finished_by_its_retry(
    either: Caller, path: str
):
    """CR-04: everything was done, and nobody was told."""
    with killed_before(either.shop, "UPDATE api_answers"), pytest.raises(Killed):
        start(either, path)

    finished_by_its_retry(either, path)


def finished_by_its_retry(caller: Caller, path: str) -> None:
    began, at_once = caller.shop.now, start(caller, path)
    assert (at_once.status_code, code(at_once)) == (409, "IDEMPOTENCY_KEY_IN_USE")
    assert at_once.headers["Retry-After"] == "1"
    caller.shop.now += 10
    caller.shop.now += int(start(caller, path).headers["Retry-After"])
    assert caller.shop.now - began == LONGEST_REQUEST.total_seconds()

    later, again = (start(caller, path) for _ in range(2))

    assert (later.status_code, is_replay(later), is_replay(again)) == (201, False, True)
    assert later.data == again.data
    assert len(caller.shop.all(Order)) == len(caller.shop.all(Payment)) == 1
    assert (
        len(caller.shop.at_stripe("payment_intent"))
        + len(caller.shop.at_stripe("checkout.session"))
        == 1
    )


@contextmanager
def killed_before(shop: Shop, words: str) -> Iterator[None]:
    """Kill whoever is about to send a statement that begins so."""

    def listen(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith(words):
            raise Killed

    with shop.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", listen)
