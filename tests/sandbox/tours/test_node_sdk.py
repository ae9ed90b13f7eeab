"""Stripe's Node SDK calls every endpoint of the sandbox, over a socket, and checks a webhook."""

from __future__ import annotations

import json
from pathlib import Path

import stripe

from stripe_sandbox.app import create_sandbox, sandbox_of, stop
from stripe_sandbox.resources.refunds import ask_shopper
from stripe_sandbox.sandbox import Sandbox
from tests.javascript import node
from tests.sandbox.served import served
from tests.sandbox.tours.routes import OF_THE_SDKS, answered

TOUR = str(Path(__file__).with_name("tour.mjs"))
LISTED = {"listed": True, "found": True}
SEEN = {
    "customers": {"number": "7", **LISTED, "saved": True, "last4": "4242", "deleted": True},
    "products_and_prices": {
        "description": "Green",
        **LISTED,
        "expanded": "Tea",
        "nicknames": ["usual"],
        "priced": True,
        "deleted": True,
    },
    "payment_methods": {"bank": "mine", "listed": True, "detached": None},
    "payment_intents": {
        "received": 400,
        "order": "n7",
        **LISTED,
        "canceled": "canceled",
        "declined": ["StripeCardError", 402, "card_declined"],
    },
    "charges": {"description": "Tea", **LISTED},
    "refunds": {"why": "late", "refunded": 300, "listed": True, "canceled": "canceled"},
    "disputes": {"order": "7", "closed": "lost", "amount": 1000},
    "checkout_sessions": {
        "order": "9",
        "total": 1400,
        "items": ["Tea"],
        "listed": True,
        "expired": "expired",
    },
    "balance_transactions": {"adds_up": True},
    "events_and_webhook_endpoints": {
        "type": "charge.succeeded",
        "forged": "StripeSignatureVerificationError",
        "retrieved": True,
        "listed": True,
        "shown": True,
        "endpoints": True,
        "updated": "disabled",
        "deleted": True,
    },
}


def test_the_node_sdk_finds_what_it_made_and_leaves_no_endpoint_out() -> None:
    node.install_packages()
    with served(create_sandbox(threaded=True)) as app:
        called = answered(app)
        port = sandbox_of(app).public_url.rpartition(":")[2]
        printed = node.run("node", TOUR, port, waiting_refund(sandbox_of(app), port)).stdout
        stop(app)

    assert printed.startswith("{"), printed
    assert json.loads(printed) == SEEN
    assert called == OF_THE_SDKS


def waiting_refund(sandbox: Sandbox, port: str) -> str:
    """Return the id of a refund that waits for the shopper: the only kind to be canceled."""
    api = stripe.StripeClient("sk_test_x", base_addresses={"api": f"http://127.0.0.1:{port}"}).v1
    card = {"payment_method": "pm_card_pendingRefund", "return_url": "http://shop.test"}
    intent = api.payment_intents.create(
        {"amount": 1000, "currency": "usd", "confirm": True, **card}
    )
    refund = api.refunds.create({"payment_intent": intent.id})
    ask_shopper(sandbox, refund.id)
    return refund.id
