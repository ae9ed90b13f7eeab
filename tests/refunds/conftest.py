"""A paid order, and what can be done about its money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import Result

from storefront.models import Attention, Dispute, Order, Payment, Refund
from tests.shop import Shop

BY = ("--by", "ann")


@dataclass
class Bought:
    """One paid order, and its shop."""

    shop: Shop
    token: str

    @property
    def order(self) -> Order:
        """Read the order."""
        return self.shop.order(self.token)

    @property
    def payment(self) -> Payment:
        """Read its one payment."""
        [payment] = self.order.payments
        return payment

    @property
    def total(self) -> int:
        """What it cost, in minor units."""
        return self.order.amount_total

    @property
    def intent_id(self) -> str:
        """The PaymentIntent's id."""
        return self.payment.payment_intent_id or ""

    def refund(self, *arguments: str) -> Result:
        """Run `flask refund` on it."""
        runner = self.shop.app.test_cli_runner()
        return runner.invoke(args=["refund", self.order.number, *BY, *arguments])

    def refunds(self) -> list[tuple[int, str, str]]:
        """Return amount, status and actor of each refund, the smallest first."""
        return sorted((row.amount, row.status, row.actor) for row in self.shop.all(Refund))

    def disputes(self) -> list[tuple[int, str]]:
        """Return amount and status of each dispute."""
        return [(row.amount, row.status) for row in self.shop.all(Dispute)]

    def attentions(self) -> list[str]:
        """Return why a human should look, in order."""
        rows = sorted(self.shop.all(Attention), key=lambda row: row.id)
        return [row.reason for row in rows]

    def in_dashboard(self, verb: str, /, **params: Any) -> dict[str, Any]:
        """Do what the shopkeeper can do at Stripe, past the shop."""
        client = self.shop.sandbox_app.test_client()
        known = {"Authorization": "Bearer sk_test_shop"}
        response = client.post(f"/v1/{verb}", data=params, headers=known)
        assert response.status_code == 200, response.text
        return dict(response.json or {})

    def refunded_at_stripe(self) -> int:
        """Return how much Stripe has given back of the charge."""
        return sum(charge["amount_refunded"] for charge in self.shop.at_stripe("charge"))


def bought(shop: Shop, flow: str = "payment_intent") -> Bought:
    """Buy something and pay for it."""
    token = shop.visitor().buy(flow)
    shop.pay(token)
    shop.deliver()
    return Bought(shop, token)


@pytest.fixture
def paid(shop: Shop) -> Bought:
    """A paid order, on each database."""
    return bought(shop)
