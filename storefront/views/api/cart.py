"""The cart that `source_type: "cart"` speaks of."""

from __future__ import annotations

from typing import Any

from storefront import shopping
from storefront.cart import CartLine, CartView, look_at_cart
from storefront.scopes import Scope
from storefront.views.api.access import caller
from storefront.views.api.blueprint import operation
from storefront.views.api.errors import ErrorCode
from storefront.views.api.inputs import LocaleQuery, QuantityRequest
from storefront.views.api.languages import locale
from storefront.views.api.outputs import Cart

CHANGING = (ErrorCode.PAYMENT_PROCESSING, ErrorCode.CART_ORDERED)


@operation("GET /cart", scope=Scope.CART_READ, takes=LocaleQuery, returns=(200, Cart))
def get_cart(query: dict[str, Any]) -> dict[str, Any]:
    """Look at your cart, at today's prices."""
    return _told(look_at_cart(caller().user_id, locale(query.get("locale"))))


@operation(
    "PUT /cart/items/<id:product_id>",
    scope=Scope.CART_WRITE,
    takes=QuantityRequest,
    returns=(200, Cart),
    refuses=(ErrorCode.INSUFFICIENT_STOCK, *CHANGING),
    calls_stripe=True,
)
def put_cart_item(asked: dict[str, Any], product_id: str) -> dict[str, Any]:
    """Have exactly so many of a product in the cart; 0 removes it.

    Accepts today's price of the product. If an order was placed of the cart and isn't paid, it is
    cancelled, with its payment: an order's total never changes. That needs `orders:write`, too.
    A request that changes nothing in an ordered cart leaves the order as it is.
    """
    owner = caller().user_id
    shopping.set_quantity(owner, product_id, asked["quantity"], may_cancel=_may_cancel())
    return _told(look_at_cart(owner, locale()))


@operation(
    "DELETE /cart",
    scope=Scope.CART_WRITE,
    returns=(204, None),
    refuses=CHANGING,
    calls_stripe=True,
)
def empty_cart() -> None:
    """Take everything out of the cart.

    An unpaid order of it is cancelled, which needs `orders:write`, too.
    """
    shopping.empty_cart(caller().user_id, may_cancel=_may_cancel())


def _may_cancel() -> bool:
    return Scope.ORDERS_WRITE in caller().scopes


def _told(cart: CartView) -> dict[str, Any]:
    return {
        "items": [_told_line(line) for line in cart.lines],
        "total_amount": cart.amount_total,
        "currency": cart.currency,
        "order_id": cart.pending_order.id if cart.pending_order else None,
    }


def _told_line(line: CartLine) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "product_name": line.name,
        "product_price": line.unit_amount,
        "quantity": line.quantity,
        "subtotal": line.amount,
        "notice": line.notice,
    }
