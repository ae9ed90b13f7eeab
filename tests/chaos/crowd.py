"""Shoppers who buy without end, over HTTP, and ask again whatever they got no answer to.

Each is a program with an API key: it fills the cart, starts a payment, pays at the sandbox and
waits until the shop knows. What it was told is remembered: nobody may take that back.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import requests

from tests.processes import LiveShop

PATIENCE = 60.0
CARD = {"payment_method": "pm_card_visa", "return_url": "http://127.0.0.1/"}


class Buyer:
    """One shopper. `promised` are the orders that it was told of, `paid` those it paid."""

    def __init__(self, shop: LiveShop, key: str, product_id: str) -> None:
        self.promised: set[str] = set()
        self.paid: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self._shop, self.product_id = shop, product_id
        self._shops = direct({"Authorization": f"Bearer {key}"})
        self._stripes = direct({"Authorization": f"Bearer {shop.environment['STRIPE_SECRET_KEY']}"})

    def buy(self) -> None:
        """Buy one thing, from the cart to the moment when the shop says that it is paid."""
        order_id, intent_id = self.order()
        self.pay(intent_id)
        self.paid.add(order_id)
        self.wait_until_paid(order_id)

    def order(self) -> tuple[str, str]:
        """Place an order and start to pay it; returns the ids of order and PaymentIntent."""
        self.insist("PUT", f"/v1/cart/items/{self.product_id}", {"quantity": 1})
        started = self.insist(
            "POST", "/v1/payments", {"source_type": "cart", "payment_method": "stripe"}
        )
        self.promised.add(started["order_id"])
        return started["order_id"], started["payment_intent"]["id"]

    def pay(self, intent_id: str) -> None:
        """Confirm the payment at the sandbox, which tells the shop by a webhook."""
        url = f"{self._shop.sandbox_url}/v1/payment_intents/{intent_id}/confirm"
        answer = self._stripes.post(url, CARD, timeout=PATIENCE)
        assert answer.ok, answer.text

    def wait_until_paid(self, order_id: str) -> None:
        """Ask until the order is paid."""
        latest = time.monotonic() + PATIENCE
        while self.insist("GET", f"/v1/orders/{order_id}")["status"] != "paid":
            assert time.monotonic() < latest, f"{order_id} is paid at Stripe, and not here."
            time.sleep(0.1)

    def ask(self, method: str, path: str, body: object = None) -> requests.Response | None:
        """Ask the shop once; None when there was no answer."""
        try:
            answer = self._shops.request(method, self._shop.url + path, json=body, timeout=PATIENCE)
        except requests.RequestException:
            self.statuses[0] += 1
            return None
        self.statuses[answer.status_code] += 1
        return answer

    def insist(self, method: str, path: str, body: object = None) -> Any:
        """Ask the shop until it has done it; only a failure of its own may need a second time."""
        latest = time.monotonic() + PATIENCE
        while True:
            answer = self.ask(method, path, body)
            if answer is not None and answer.ok:
                return answer.json()
            assert answer is None or answer.status_code in {502, 503}, answer.text
            assert time.monotonic() < latest, f"{method} {path} never succeeds."
            time.sleep(0.05)


class Crowd:
    """Buyers in threads of their own, who stop after the purchase that they are at."""

    def __init__(self, buyers: Sequence[Buyer]) -> None:
        self.buyers = buyers
        self.failures: list[BaseException] = []
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._go_on, args=(each,)) for each in buyers]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _go_on(self, buyer: Buyer) -> None:
        try:
            while not self._is_over.is_set():
                buyer.buy()
        except BaseException as failure:
            self.failures.append(failure)


def direct(headers: dict[str, str]) -> requests.Session:
    """Return a session that no proxy of the environment comes between."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(headers)
    return session
