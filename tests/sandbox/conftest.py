"""A sandbox in this process, and the real SDK talking to it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe
from flask import Flask

from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.sandbox import SETTLE_AFTER, Sandbox
from tests.wsgi_transport import session_for

BASE = "http://127.0.0.1:4242"
START = 1_800_000_000
HOOK = "http://shop.test/v1/webhooks/stripe"


@dataclass
class World:
    """A sandbox with a clock to move, and what it has sent."""

    now: float = START
    settle_after: float = SETTLE_AFTER
    answers: list[int] = field(default_factory=list)
    """The status codes with which the next deliveries are answered; 200 when none is left."""
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app: Flask = create_sandbox(
            clock=lambda: self.now, seed=7, send=self._take, settle_after=self.settle_after
        )
        self.sandbox: Sandbox = sandbox_of(self.app)
        self.session = session_for(self.app)
        self.stripe = stripe.StripeClient(
            "sk_test_secret",
            base_addresses={"api": BASE},
            http_client=stripe.RequestsClient(session=self.session),
        ).v1

    def _take(self, url: str, headers: dict[str, str], body: bytes) -> int:
        self.sent.append((url, headers, body))
        return self.answers.pop(0) if self.answers else 200

    def call(self, method: str, path: str, body: str = "", **headers: str) -> Any:
        """Send one raw request, with a secret key unless another Authorization is given."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(
            method,
            BASE + path,
            data=body,
            headers={"Authorization": "Bearer sk_test_secret", **names},
        )

    def control(self, verb: str, /, **body: Any) -> Any:
        """POST to the control API."""
        return self.session.post(f"{BASE}/_sandbox/{verb}", json=body)

    def event_types(self) -> list[str]:
        """Return what has happened, the oldest first."""
        events = list(self.sandbox.newest_first("event"))
        return [event["type"] for event in reversed(events)]

    def intent(self, **params: Any) -> Any:
        """Make a PaymentIntent."""
        return self.stripe.payment_intents.create({"amount": 1000, "currency": "usd", **params})

    def paid(self, card: str | None = "pm_card_visa", **params: Any) -> Any:
        """Make a PaymentIntent and pay it at once."""
        paying = {"payment_method": card} if card else {}
        return self.intent(**paying, confirm=True, return_url="http://shop.test/return", **params)

    def debited(self, scenario: str = "success_at", **params: Any) -> Any:
        """Make a PaymentIntent and debit the account of this test scenario."""
        return self.paid(
            f"pm_sepaDebit_{scenario}",
            currency="eur",
            mandate_data={"customer_acceptance": {"type": "offline"}},
            **params,
        )

    def checkout(self, **params: Any) -> Any:
        """Open a Checkout Session for two of one thing."""
        currency = params.get("currency", "usd")
        price = {"currency": currency, "unit_amount": 700, "product_data": {"name": "Tea"}}
        return self.stripe.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [{"price_data": price, "quantity": 2}],
                "success_url": "http://shop.test/return?session={CHECKOUT_SESSION_ID}",
                "cancel_url": "http://shop.test/cancel",
                **params,
            }
        )

    def sent_events(self) -> list[dict[str, Any]]:
        """Return the events that were delivered, in order."""
        return [json.loads(body) for _, _, body in self.sent]


def listen(world: World, *kinds: str) -> Any:
    """Register an endpoint for these event types, or for all."""
    return world.stripe.webhook_endpoints.create(
        {"url": HOOK, "enabled_events": list(kinds) or ["*"]}
    )


def card(number: str = "4242424242424242", **fields: Any) -> dict[str, Any]:
    """Return payment_method_data as the card form sends it."""
    return {
        "type": "card",
        "card": {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123", **fields},
    }


@pytest.fixture
def world() -> World:
    """A fresh sandbox."""
    stripe.enable_telemetry = False
    return World()
