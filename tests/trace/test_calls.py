"""What was said to Stripe is kept with the order, for people; nothing hangs on it."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import text

from storefront.calls import MOST_OF_AN_ORDER
from storefront.models import GatewayCall
from tests.checkout.test_two_tabs import FLOWS
from tests.shop import Shop, Visitor

CREATION = {
    "payment_intent": "/v1/payment_intents",
    "checkout_session": "/v1/checkout/sessions",
}


@pytest.mark.parametrize("flow", FLOWS)
def test_what_an_attempt_asks_of_stripe_is_kept_with_its_order(shop: Shop, flow: str):
    token = shop.visitor().buy(flow)

    call = shop.one(GatewayCall)

    assert (call.method, call.path, call.status) == ("POST", CREATION[flow], 200)
    assert call.order_id == shop.order(token).id
    assert call.idempotency_key == f"{call.payment_id}:create"
    assert str(call.request_id).startswith("req_")
    assert f"metadata[payment_id]={call.payment_id}" in call.params.splitlines()
    assert '"livemode": false' in call.answer


def test_each_try_of_a_call_is_kept_also_one_without_an_answer(sqlite_shop: Shop):
    sqlite_shop.sandbox.faults.add("/v1/payment_intents", "reset", 1)

    sqlite_shop.visitor().buy()

    lost, answered = sqlite_shop.all(GatewayCall)
    assert (lost.status, lost.answer, lost.request_id) == (None, "ConnectionError", None)
    assert (answered.status, answered.idempotency_key) == (200, lost.idempotency_key)


def test_so_is_what_stripe_refuses(sqlite_shop: Shop):
    sqlite_shop.sandbox.faults.add("/v1/payment_intents", "429", 2)
    visitor = sqlite_shop.visitor()
    visitor.add()

    visitor.checkout()

    assert {call.status for call in sqlite_shop.all(GatewayCall)} == {429}


def test_neither_secrets_nor_addresses_are_kept(shop: Shop):
    """A2: beside what is asked of every column, the address is in neither question nor answer."""
    visitor = shop.visitor()
    visitor.add()
    visitor.checkout("checkout_session", "somebody.private@example.com")
    token = visitor.orders()[-1].token
    shop.pay(token)
    visitor.get(f"/return?order={token}")

    kept = "".join(f"{call.params}{call.answer}" for call in shop.all(GatewayCall))

    assert "customer_email=***@***" in kept
    assert "private" not in kept
    assert "_secret_" not in kept


def test_an_order_keeps_what_it_made_and_its_last_calls_and_no_more(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    for _ in range(MOST_OF_AN_ORDER):
        visitor.get(f"/orders/{token}/pay")

    calls = sqlite_shop.all(GatewayCall)

    assert len(calls) == MOST_OF_AN_ORDER
    assert [call.method for call in calls] == ["POST"] + ["GET"] * (MOST_OF_AN_ORDER - 1)


def test_a_payment_goes_on_when_its_calls_cant_be_kept(
    shop: Shop, visitor: Visitor, caplog: pytest.LogCaptureFixture
):
    shop.write(text("ALTER TABLE gateway_calls RENAME TO lost"))
    with caplog.at_level(logging.WARNING):
        token = visitor.buy()
        shop.pay(token)
        visitor.get(f"/return?order={token}")

    assert shop.order(token).status == "paid"
    assert "calls=lost" in caplog.text


def test_a_webhook_keeps_no_calls(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    before = len(sqlite_shop.all(GatewayCall))
    sqlite_shop.pay(token)

    sqlite_shop.deliver()

    assert len(sqlite_shop.all(GatewayCall)) == before
