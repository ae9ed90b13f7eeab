"""Orders: look where they stand, cancel one."""

from __future__ import annotations

from typing import Any

from flask import abort

from storefront import checkout, owned
from storefront.attempts import OrderNotPayable
from storefront.lifecycle import OrderStatus
from storefront.scopes import Scope
from storefront.views.api.access import caller
from storefront.views.api.blueprint import operation
from storefront.views.api.errors import ErrorCode
from storefront.views.api.inputs import Nothing, PageQuery
from storefront.views.api.outputs import Order, OrderPage


@operation("GET /orders", scope=Scope.ORDERS_READ, takes=PageQuery, returns=(200, OrderPage))
def list_orders(page: dict[str, Any]) -> owned.Page:
    """List your orders, newest first."""
    return owned.orders_of(caller().user_id, **page)


@operation("GET /orders/<id:order_id>", scope=Scope.ORDERS_READ, returns=(200, Order))
def get_order(order_id: str) -> owned.Record:
    """Look at an order.

    Poll it until `status` is neither `pending` nor `processing`: the webhook alone decides that an
    order is paid, and that may be a moment after the shopper is back.
    """
    return _own_order(order_id)


@operation(
    "POST /orders/<id:order_id>:cancel",
    scope=Scope.ORDERS_WRITE,
    takes=Nothing,
    returns=(200, Order),
    refuses=(ErrorCode.ORDER_ALREADY_PAID, ErrorCode.PAYMENT_PROCESSING),
    calls_stripe=True,
)
def cancel_order(_: dict[str, Any], order_id: str) -> owned.Record:
    """Cancel an order that isn't paid.

    Its payment is stopped at Stripe first, then its goods go back on the shelf. Cancelling a
    cancelled order changes nothing.
    """
    order = _own_order(order_id)
    try:
        checkout.cancel_order(order["id"])
    except OrderNotPayable as refusal:
        if refusal.status != OrderStatus.CANCELLED:
            raise
    return _own_order(order_id)


def _own_order(order_id: str) -> owned.Record:
    return owned.order_of(caller().user_id, order_id) or abort(404)
