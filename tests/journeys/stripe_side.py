"""The other side of a journey: what Stripe (the sandbox) received, and how to make it wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import APIRequestContext

SECRET_KEY = {"Authorization": "Bearer sk_test_journey"}


class StripeSide:
    """The sandbox, asked over HTTP like Stripe."""

    def __init__(self, request: APIRequestContext, sandbox_url: str) -> None:
        """Ask the sandbox at `sandbox_url`."""
        self._request = request
        self._url = sandbox_url

    def charged_for(self, order_number: str) -> list[int]:
        """Return the amounts received for an order, one for each payment that succeeded."""
        listed = self._get("/v1/payment_intents?limit=100")["data"]
        ours = [intent for intent in listed if intent["description"] == f"Order {order_number}"]
        return [intent["amount_received"] for intent in ours if intent["amount_received"]]

    def given_back_for(self, order_number: str) -> list[int]:
        """Return the amounts that were given back of an order's payments."""
        listed = self._get("/v1/charges?limit=100")["data"]
        ours = [charge for charge in listed if charge["description"] == f"Order {order_number}"]
        return [charge["amount_refunded"] for charge in ours if charge["amount_refunded"]]

    def hurry_what_is(self, rule: str) -> None:
        """Make every delivery now that waits because of a rule of this kind."""
        rows = self._get("/_sandbox/deliveries")["deliveries"]
        for row in rows:
            if rule in row["rules"] and row["state"] == "pending":
                self._control(f"deliveries/{row['id']}/release")

    def attempts_of(self, email: str) -> int:
        """Return how many PaymentIntents and Checkout Sessions were made for an address."""
        sessions = self._get("/v1/checkout/sessions?limit=100")["data"]
        of_sessions = {session["payment_intent"] for session in sessions}
        intents = self._get("/v1/payment_intents?limit=100")["data"]
        theirs = [intent for intent in intents if intent["id"] not in of_sessions]
        addresses = [session["customer_email"] for session in sessions]
        return [*addresses, *(intent["receipt_email"] for intent in theirs)].count(email)

    @contextmanager
    def holding_back(self) -> Iterator[None]:
        """Deliver no webhook inside the block; all of them at its end."""
        self._control("deliveries/hold")
        try:
            yield
        finally:
            self._control("deliveries/release")

    def _get(self, path: str) -> Any:
        answer = self._request.get(self._url + path, headers=SECRET_KEY)
        assert answer.ok, answer.text()
        return answer.json()

    def _control(self, path: str) -> None:
        answer = self._request.post(f"{self._url}/_sandbox/{path}", data={})
        assert answer.ok, answer.text()
