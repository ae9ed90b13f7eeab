"""What a round costs the database: not more for each object of which everything is known."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, inspect

from storefront.models import Cart, Order, Payment
from tests.reconcile.rounds import reconciled
from tests.shop import DECLINED, VISA, Shop
from tests.statements import statements

MANY = 60


def copied(row: Any, **changes: Any) -> dict[str, Any]:
    return {each.key: getattr(row, each.key) for each in inspect(type(row)).column_attrs} | changes


def multiplied(shop: Shop, payment: Payment, times: int) -> None:
    """Let what became of one payment have become of many, here and at Stripe."""
    order = shop.one(Order, Order.id == payment.order_id)
    cart = shop.one(Cart, Cart.id == order.cart_id)
    intent = shop.sandbox.get("payment_intent", payment.payment_intent_id or "")
    for number in range(times):
        names = {"order_id": f"{order.id}{number}", "payment_id": f"{payment.id}{number}"}
        twin = f"{intent['id']}{number}"
        told = {"token": f"{order.token}{number}", "number": f"{order.number}{number}"}
        told["cart_id"] = f"{order.cart_id}{number}"
        shop.write(insert(Cart).values(copied(cart, id=told["cart_id"])))
        shop.write(insert(Order).values(copied(order, id=names["order_id"], **told)))
        its = {"id": names["payment_id"], "order_id": names["order_id"]}
        shop.write(insert(Payment).values(copied(payment, **its, payment_intent_id=twin)))
        shop.sandbox.put({**intent, "id": twin, "metadata": intent["metadata"] | names})


@pytest.mark.parametrize("card", [VISA, DECLINED])
def test_a_round_over_many_settled_objects_costs_no_more_than_over_one(shop: Shop, card: str):
    """Paid or stopped: what is final here and at Stripe is read a page at a time."""
    visitor = shop.visitor()
    token = visitor.buy()
    shop.pay(token, card)
    shop.deliver()
    if card == DECLINED:
        visitor.post(f"/orders/{token}/cancel")
    reconciled(shop)
    with statements(shop) as few:
        reconciled(shop)

    multiplied(shop, shop.payments(token)[0], MANY)
    with statements(shop) as many:
        report = reconciled(shop)

    assert (report.objects.compared, report.has_gap) == (1 + MANY, False)
    assert len(many) < len(few) + MANY / 10, many
