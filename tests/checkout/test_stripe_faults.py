"""Stripe is slow, down, or refuses: the order stays safe and nothing is made twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import requests

from storefront.db import reading, writing
from storefront.gateway import gateway
from storefront.lifecycle import Flow
from storefront.models import Order, Payment
from tests.checkout.test_two_tabs import FLOWS, START, net_captured
from tests.shop import Shop, Visitor

PATH = {"payment_intent": "/v1/payment_intents", "checkout_session": "/v1/checkout/sessions"}
KIND = {"payment_intent": "payment_intent", "checkout_session": "checkout.session"}
LOST = ["timeout_before", "timeout_after", "reset"]
ASKED_IN_ALL = 2


class Killed(BaseException):
    """The process is gone: nothing in it runs any further."""


Send = Callable[..., requests.Response]


def started(visitor: Visitor, flow: str) -> str:
    visitor.add()
    visitor.checkout(flow)
    return visitor.orders()[-1].token


def creations(shop: Shop) -> list[str]:
    return [key for key in shop.sandbox.state.idempotency if key.endswith(":create")]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_is_asked_for_again(sqlite_shop: Shop, flow: str, kind: str):
    """ST-01, ST-02, ST-03: once is healed without the shopper's noticing."""
    sqlite_shop.sandbox.faults.add(PATH[flow], kind)
    visitor = sqlite_shop.visitor()
    visitor.add()

    assert visitor.checkout(flow).status_code == 303
    assert len(sqlite_shop.at_stripe(KIND[flow])) == 1


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("kind", [*LOST, "429"])
def test_an_outage_keeps_the_order_and_offers_to_try_again(sqlite_shop: Shop, flow: str, kind: str):
    """ST-01, ST-02, ST-03, ST-05: the same attempt, the same object at Stripe, one charge."""
    sqlite_shop.sandbox.faults.add(PATH[flow], kind, ASKED_IN_ALL)
    visitor = sqlite_shop.visitor()
    visitor.add()

    answer = visitor.checkout(flow)
    [order] = visitor.orders()

    retry = f'action="/orders/{order.token}/{START[flow]}"'
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert retry in answer.text
    assert "Try again</button>" in answer.text
    assert f"Your order {order.number} is safe and you were not charged." in answer.text
    assert (order.status, sqlite_shop.stock()) == ("pending", 26)

    again = visitor.post(f"/orders/{order.token}/{START[flow]}")
    sqlite_shop.pay(order.token)
    sqlite_shop.deliver()

    assert again.status_code == 303
    assert len(sqlite_shop.at_stripe(KIND[flow])) == len(sqlite_shop.all(Payment)) == 1
    assert creations(sqlite_shop) == [f"{sqlite_shop.one(Payment).id}:create"]
    assert sqlite_shop.order(order.token).status == "paid"
    assert net_captured(sqlite_shop) == 2999


@pytest.mark.parametrize("flow", FLOWS)
def test_an_attempt_in_doubt_is_settled_before_the_other_way_opens(sqlite_shop: Shop, flow: str):
    """ST-02 and M6: the object whose answer was lost can't be paid beside the new one."""
    sqlite_shop.sandbox.faults.add(PATH[flow], "timeout_after", ASKED_IN_ALL)
    visitor = sqlite_shop.visitor()
    token = started(visitor, flow)
    [other] = set(FLOWS) - {flow}

    assert visitor.post(f"/orders/{token}/{START[other]}").status_code == 303

    [lost] = sqlite_shop.at_stripe(KIND[flow])
    assert lost["status"] in {"canceled", "expired"}
    assert [payment.is_live for payment in sqlite_shop.payments(token)] == [False, True]


@pytest.mark.parametrize("flow", FLOWS)
def test_a_failure_that_stripe_keeps_repeating_costs_one_attempt(sqlite_shop: Shop, flow: str):
    """ST-04: the spent key is given up only after a look at what it made, which is nothing."""
    sqlite_shop.sandbox.faults.add(PATH[flow], "500", 1)
    visitor = sqlite_shop.visitor()
    visitor.add()

    assert visitor.checkout(flow).status_code == 303
    [order] = visitor.orders()
    assert [payment.status for payment in order.payments] == ["canceled", "pending"]
    assert len(sqlite_shop.at_stripe(KIND[flow])) == 1


@pytest.mark.parametrize(("status", "type_"), [(401, "invalid_request_error"), (403, "api_error")])
def test_a_refused_key_is_our_fault_and_not_shown(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture, status: int, type_: str
):
    """ST-08."""
    works = sqlite_shop.transport.send
    message = "Invalid API Key provided: sk_test_shop"
    sqlite_shop.transport.send = refusing(status, type_, message)  # type: ignore[method-assign]
    visitor = sqlite_shop.visitor()
    visitor.add()

    answer = visitor.checkout()
    sqlite_shop.transport.send = works  # type: ignore[method-assign]

    assert answer.status_code == 502
    assert "The payment provider refused us" in answer.text
    assert "sk_test" not in answer.text + caplog.text
    assert "status=502" in caplog.text
    [order] = visitor.orders()
    assert visitor.post(f"/orders/{order.token}/payment-intent").status_code == 303


def refusing(status: int, type_: str, message: str) -> Send:
    def send(request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.request = request
        response._content = json.dumps({"error": {"type": type_, "message": message}}).encode()
        return response

    return send


@pytest.mark.parametrize("inside", [reading, writing])
def test_stripe_is_never_called_inside_a_transaction(sqlite_shop: Shop, inside: Any):
    """ST-13 and I3."""
    with sqlite_shop.app.app_context(), inside() as session:
        session.connection()
        with pytest.raises(RuntimeError, match="transaction is open"):
            gateway().retrieve(Flow.PAYMENT_INTENT, "pi_1")

    assert not sqlite_shop.sandbox.requests


@pytest.mark.parametrize("flow", FLOWS)
def test_the_attempt_is_on_disk_before_stripe_hears_of_it(
    sqlite_shop: Shop, sqlite_url: str, flow: str
):
    """CR-01: written ahead, as another connection sees it."""
    works, seen = sqlite_shop.transport.send, []

    def send(*args: Any, **kwargs: Any) -> requests.Response:
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as other:
            seen.extend(other.execute("SELECT id, is_live FROM payments").fetchall())
        return works(*args, **kwargs)

    sqlite_shop.transport.send = send  # type: ignore[method-assign]
    started(sqlite_shop.visitor(), flow)

    assert seen == [(sqlite_shop.one(Payment).id, 1)]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_process_leaves_an_attempt_that_goes_on(sqlite_shop: Shop, flow: str, moment: str):
    """CR-01 and CR-02: killed before or after Stripe did it, the retry is the same request."""
    visitor = sqlite_shop.visitor()
    visitor.add()
    kill(sqlite_shop, moment, lambda: visitor.checkout(flow))

    visitor.checkout(flow)

    assert len(sqlite_shop.all(Order)) == len(sqlite_shop.all(Payment)) == 1
    assert len(sqlite_shop.at_stripe(KIND[flow])) == len(creations(sqlite_shop)) == 1
    assert sqlite_shop.stock() == 26


@pytest.mark.parametrize("flow", FLOWS)
def test_the_webhook_alone_heals_an_attempt_whose_answer_was_lost(shop: Shop, flow: str):
    """CR-02 and WH-33: what Stripe made and we never heard of is found by its metadata."""
    visitor = shop.visitor()
    visitor.add()
    kill(shop, "after", lambda: visitor.checkout(flow))
    [order] = visitor.orders()
    assert order.payments[0].payment_intent_id is order.payments[0].checkout_session_id is None

    shop.pay_at_stripe(shop.at_stripe(KIND[flow])[0]["id"])
    shop.deliver()

    assert shop.order(order.token).status == "paid"
    [payment], [intent] = shop.payments(order.token), shop.at_stripe("payment_intent")
    assert payment.payment_intent_id == intent["id"]


def kill(shop: Shop, moment: str, act: Callable[[], object]) -> None:
    """Do something in a process that dies just before or just after Stripe does its part."""
    works = shop.transport.send

    def send(*args: Any, **kwargs: Any) -> requests.Response:
        if moment == "after":
            works(*args, **kwargs)
        raise Killed

    shop.transport.send = send  # type: ignore[method-assign]
    with pytest.raises(Killed):
        act()
    shop.transport.send = works  # type: ignore[method-assign]
