"""Shoppers who do anything at any time, while Stripe fails now and then: the books stay right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from storefront.models import Order, Product
from tests.checkout.test_two_tabs import FLOWS
from tests.shop import CHALLENGED, DECLINED, VISA, Shop, Visitor

SLUGS = ["block-plane", "paper-shears", "fountain-pen"]
FAULTS = ["timeout_before", "timeout_after", "429", "429"]
STEPS = 70


class Street:
    """Three shoppers and one stream of chance."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.chance = random.Random(seed)
        self.shoppers = [shop.visitor() for _ in range(3)]

    def step(self) -> None:
        """Let somebody do something."""
        acts: list[Callable[[Visitor], object]] = [
            self.fill, self.check_out, self.pay, self.deliver, self.cancel, self.look,
            self.change_flow, self.fail,
        ]  # fmt: skip
        [act] = self.chance.choices(acts, weights=[4, 8, 8, 3, 1, 2, 2, 1])
        act(self.chance.choice(self.shoppers))

    def fill(self, visitor: Visitor) -> None:
        slug = self.chance.choice(SLUGS)
        product = self.shop.one(Product, Product.slug == slug)
        visitor.post("/cart/items", product_id=product.id, quantity=self.chance.randint(1, 2))

    def check_out(self, visitor: Visitor) -> None:
        visitor.post("/cart/acknowledge")
        email = self.chance.choice(["a@example.com"] * 4 + ["b@example.com"])
        visitor.checkout(self.chance.choice(FLOWS), email)

    def pay(self, visitor: Visitor) -> None:
        token = self.an_order(visitor)
        card = self.chance.choice([VISA, VISA, DECLINED, CHALLENGED])
        if token and self.shop.payments(token):
            self.shop.pay(token, card, attempt=self.chance.choice([0, -1]))

    def cancel(self, visitor: Visitor) -> None:
        self.act_on_order(visitor, "cancel")

    def change_flow(self, visitor: Visitor) -> None:
        self.act_on_order(visitor, self.chance.choice(["payment-intent", "checkout-session"]))

    def act_on_order(self, visitor: Visitor, act: str) -> None:
        if token := self.an_order(visitor):
            answer = visitor.post(f"/orders/{token}/{act}")
            assert answer.status_code in {303, 503}

    def look(self, visitor: Visitor) -> None:
        if token := self.an_order(visitor):
            assert visitor.get(f"/return?order={token}").status_code == 303
            assert visitor.get(f"/orders/{token}/pay").status_code in {200, 303, 503}

    def fail(self, _: Visitor) -> None:
        self.shop.sandbox.faults.add("/v1/", self.chance.choice(FAULTS), 2)

    def deliver(self, _: Visitor) -> None:
        self.shop.now += self.chance.randint(0, 600)
        assert "refused" not in self.shop.deliver()

    def an_order(self, visitor: Visitor) -> str | None:
        orders = visitor.orders()
        return self.chance.choice(orders).token if orders else None


def stock_and_orders(shop: Shop) -> Counter[str]:
    """Count what is on the shelf, held and sold, by product."""
    found = Counter({each.id: each.stock for each in shop.all(Product)})
    for order in shop.all(Order, Order.status != "cancelled"):
        found.update({line.product_id: line.quantity for line in order.line_items})
    return found


def net_of(shop: Shop, order: Order) -> int:
    """Return what Stripe has captured for an order and not given back."""
    intents = {payment.payment_intent_id for payment in order.payments}
    charges = [each for each in shop.at_stripe("charge") if each["payment_intent"] in intents]
    return sum(each["amount_captured"] - each["amount_refunded"] for each in charges)


def settle_everything(shop: Shop) -> None:
    """Let Stripe work again, deliver all that waits, and make every call that is due."""
    shop.sandbox.faults.clear()
    for _ in range(4):
        shop.now += 7200
        shop.deliver()
        shop.work()


@pytest.mark.parametrize("seed", range(5))
def test_stock_and_money_add_up_whatever_shoppers_do(sqlite_shop: Shop, seed: int):
    """S1, S2, M1, M4, M5 and M6: after every step, and of the money once all is quiet."""
    street = Street(sqlite_shop, seed)
    initial = stock_and_orders(sqlite_shop)

    for _ in range(STEPS):
        street.step()
        assert stock_and_orders(sqlite_shop) == initial
        for order in sqlite_shop.all(Order):
            assert sum(payment.is_live for payment in order.payments) <= 1
            assert order.amount_total == sum(line.amount for line in order.line_items)
            assert {payment.amount for payment in order.payments} <= {order.amount_total}

    settle_everything(sqlite_shop)
    for order in sqlite_shop.all(Order):
        assert net_of(sqlite_shop, order) == (order.amount_total if order.status == "paid" else 0)
    assert stock_and_orders(sqlite_shop) == initial


def test_the_street_is_busy_enough_to_prove_anything(sqlite_shop: Shop):
    """The control: what a seed reaches is worth checking."""
    street = Street(sqlite_shop, seed=0)
    for _ in range(STEPS):
        street.step()
    settle_everything(sqlite_shop)

    orders = sqlite_shop.all(Order)

    assert {order.status for order in orders} >= {"paid", "cancelled", "pending"}
    assert {order.closed_reason for order in orders} >= {None, "cancelled", "replaced"}
    assert max(len(order.payments) for order in orders) > 1
