"""A client written by somebody who has read docs/api.md, and nothing else of this project."""

from __future__ import annotations

import time
import uuid
from typing import Any

import requests

PATIENCE = 60.0


class Refused(Exception):
    """The shop said no; `code` says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Store:
    """The shop at `url`, for the user behind `key`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._session = browser()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def first_product(self) -> str:
        """Return the id of something to buy."""
        return str(self.call("GET", "/products")["data"][0]["id"])

    def put(self, product: str, quantity: int) -> dict[str, Any]:
        """Say how many of a product there shall be in the cart."""
        return self.call("PUT", f"/cart/items/{product}", json={"quantity": quantity})

    def start_payment(self) -> dict[str, Any]:
        """Order what is in the cart, to be paid with a form of our own."""
        return self.call(
            "POST", "/payments", json={"source_type": "cart", "payment_method": "stripe"}
        )

    def start_checkout(self) -> dict[str, Any]:
        """Order what is in the cart, to be paid on Stripe's page."""
        urls = {"success_url": f"{self.url}/", "cancel_url": f"{self.url}/cart"}
        return self.call(
            "POST", "/payments:createCheckoutSession", json={"source_type": "cart"} | urls
        )

    def wait_until_paid(self, order: str) -> dict[str, Any]:
        """Ask until the order is paid."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.call("GET", f"/orders/{order}")
            if found["status"] == "paid":
                return found
            time.sleep(0.2)
        raise TimeoutError(f"{order} isn't paid after {PATIENCE} seconds.")

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Send one request; a POST that the shop had no time for is sent again, as the same one."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        for _ in range(5):
            answer = self._session.request(
                method, f"{self.url}/v1{path}", headers=headers, timeout=30, **options
            )
            if answer.status_code not in {409, 429} and answer.status_code < 500:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        if answer.ok:
            return dict(answer.json())
        error = answer.json()["error"]
        raise Refused(answer.status_code, error["code"], error["message"])


def confirm(stripe_url: str, publishable_key: str, intent: dict[str, Any]) -> str:
    """Pay a PaymentIntent as a browser does, with a test card; returns its status."""
    fields = {"client_secret": intent["client_secret"], "payment_method": "pm_card_visa"}
    answer = browser().post(
        f"{stripe_url}/v1/payment_intents/{intent['id']}/confirm",
        data=fields | {"return_url": "http://127.0.0.1/"},
        auth=(publishable_key, ""),
        timeout=30,
    )
    return str(answer.json()["status"])


def pay_on_page(checkout_url: str) -> int:
    """Fill in the form of the sandbox's page; returns the status of what it leads to."""
    card = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    form = {"email": "alice@example.com", **card}
    return browser().post(checkout_url, data=form, allow_redirects=False, timeout=30).status_code


def browser() -> requests.Session:
    """Return somebody without any of our headers."""
    session = requests.Session()
    session.trust_env = False
    return session
