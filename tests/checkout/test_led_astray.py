"""Requests that would go where they mustn't: to another host, or under a key that means another."""

from __future__ import annotations

import socket
from typing import Any

import requests
from sqlalchemy import update

from storefront.models import Attention, Order, Payment
from tests.checkout.test_stripe_faults import ASKED_IN_ALL, PATH, creations
from tests.checkout.test_two_tabs import net_captured
from tests.shop import Shop, Visitor


def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else(sqlite_shop: Shop):
    """ST-14: whatever an answer says, only Stripe's host is asked."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.1)
        address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/v1/payment_intents"
        asked = redirecting_to(sqlite_shop, address)
        visitor = sqlite_shop.visitor()
        visitor.add()

        assert visitor.checkout().status_code == 503

        assert {url.split("/v1/")[0] for url in asked} == {"http://127.0.0.1:4242"}
        try:
            elsewhere.accept()
        except TimeoutError:
            return
        raise AssertionError("The secret key was sent to another host.")


def redirecting_to(shop: Shop, address: str) -> list[str]:
    """Let Stripe's every answer be a redirect; returns what was asked."""
    asked: list[str] = []

    def send(request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        asked.append(request.url or "")
        response = requests.Response()
        response.status_code, response.url = 307, request.url or ""
        response.request, response.headers["Location"] = request, address
        response._content = b""
        return response

    shop.transport.send = send  # type: ignore[method-assign]
    return asked


def test_another_amount_is_another_attempt_under_another_key(sqlite_shop: Shop):
    """ST-07: a changed cart never asks with the key of the attempt before it."""
    visitor = sqlite_shop.visitor()
    visitor.buy()
    visitor.buy(slug="washi-tape")

    assert len(set(creations(sqlite_shop))) == len(creations(sqlite_shop)) == 2
    assert [each["amount"] for each in sqlite_shop.at_stripe("payment_intent")] == [2999, 4199]


def begin_and_hear_nothing(shop: Shop) -> Visitor:
    """Have an intent made whose answer is lost; returns who waits for it."""
    shop.sandbox.faults.add(PATH["payment_intent"], "timeout_after", ASKED_IN_ALL)
    visitor = shop.visitor()
    visitor.add()
    visitor.checkout()
    return visitor


def test_a_key_that_was_used_for_another_amount_never_makes_an_order_paid(sqlite_shop: Shop):
    """ST-07, forced: Stripe refuses the key, what it made is looked up, and a human is asked."""
    visitor = begin_and_hear_nothing(sqlite_shop)
    sqlite_shop.write(update(Payment).values(amount=1000))
    [order] = visitor.orders()

    answer = visitor.post(f"/orders/{order.token}/payment-intent")
    sqlite_shop.pay_at_stripe(sqlite_shop.at_stripe("payment_intent")[0]["id"])
    sqlite_shop.deliver()

    assert answer.status_code < 500
    assert len(sqlite_shop.at_stripe("payment_intent")) == 1
    assert net_captured(sqlite_shop) == 2999
    assert sqlite_shop.order(order.token).status == "paid" or sqlite_shop.all(Attention)


def test_less_than_is_due_by_a_key_of_another_amount_is_for_a_human(sqlite_shop: Shop):
    """ST-07, forced the other way: what the key made is adopted, and doesn't pay the order."""
    visitor = begin_and_hear_nothing(sqlite_shop)
    sqlite_shop.write(update(Payment).values(amount=5000))
    sqlite_shop.write(update(Order).values(amount_total=5000))
    [order] = visitor.orders()

    visitor.post(f"/orders/{order.token}/payment-intent")
    sqlite_shop.pay(order.token)
    sqlite_shop.deliver()

    assert [each["amount"] for each in sqlite_shop.at_stripe("payment_intent")] == [2999]
    [attention] = sqlite_shop.all(Attention)
    assert (attention.reason, attention.amount_due, attention.amount_received) == (
        "amount_mismatch", 5000, 2999,
    )  # fmt: skip
    assert (sqlite_shop.order(order.token).status, len(sqlite_shop.all(Payment))) == (
        "processing", 1,
    )  # fmt: skip
