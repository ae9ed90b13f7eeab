"""How what the shop refuses is told to a program: one table from exception to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint

from storefront.attempts import OrderNotPayable, TooManyAttempts
from storefront.cart import CartLine, look_at_cart
from storefront.cart_changes import CartRefused, NotEnough, NotForSale
from storefront.catalog import OutOfStock
from storefront.checkout import CartChanged, CartEmpty, InvalidAmount
from storefront.gateway_errors import Declined
from storefront.holds import HoldsTooMuch
from storefront.lifecycle import OrderStatus
from storefront.owned import UnknownCursor
from storefront.scopes import Scope
from storefront.shopping import OrderInTheWay
from storefront.views.api.access import caller, lacks
from storefront.views.api.errors import ApiError, ErrorCode, error_answer


def init_refusals(bp: Blueprint) -> None:
    """Answer the shop's exceptions in the API's words."""
    for kind, tell in REFUSALS.items():
        bp.register_error_handler(kind, lambda error, tell=tell: error_answer(tell(error)))


def _not_payable(error: OrderNotPayable) -> ApiError:
    code = {
        OrderStatus.PROCESSING: ErrorCode.PAYMENT_PROCESSING,
        OrderStatus.CANCELLED: ErrorCode.ORDER_CLOSED,
    }.get(OrderStatus(error.status), ErrorCode.ORDER_ALREADY_PAID)
    return ApiError(code, details={"status": error.status})


def _cart_changed(_: CartChanged | OutOfStock) -> ApiError:
    """Say what there isn't enough of; else, which prices changed."""
    lines = look_at_cart(caller().user_id).lines
    short = [line for line in lines if line.stock < line.quantity]
    changed = [line for line in lines if line.unit_amount != line.unit_amount_seen]
    if changed and not short:
        return ApiError(ErrorCode.PRICE_CHANGED, details={"items": _prices(changed)})
    return _short((line.product_id, line.quantity, line.stock) for line in short)


def _short(items: Iterable[tuple[str, int, int]]) -> ApiError:
    told = [
        {"product_id": product_id, "requested": wanted, "available": available}
        for product_id, wanted, available in items
    ]
    return ApiError(ErrorCode.INSUFFICIENT_STOCK, details={"items": told})


def _prices(lines: list[CartLine]) -> list[dict[str, Any]]:
    return [
        {
            "product_id": line.product_id,
            "product_price": line.unit_amount,
            "product_price_before": line.unit_amount_seen,
        }
        for line in lines
    ]


REFUSALS: dict[type[Exception], Callable[[Any], ApiError]] = {
    CartEmpty: lambda _: ApiError(ErrorCode.CART_EMPTY),
    CartChanged: _cart_changed,
    OutOfStock: _cart_changed,
    InvalidAmount: lambda error: ApiError(ErrorCode.INVALID_AMOUNT, str(error)),
    OrderNotPayable: _not_payable,
    HoldsTooMuch: lambda error: ApiError(ErrorCode.TOO_MUCH_HELD, str(error)),
    TooManyAttempts: lambda _: ApiError(ErrorCode.TOO_MANY_ATTEMPTS),
    NotForSale: lambda _: ApiError(ErrorCode.NOT_FOUND),
    NotEnough: lambda error: _short([(error.product_id, error.wanted, error.available)]),
    OrderInTheWay: lambda _: lacks(Scope.ORDERS_WRITE),
    CartRefused: lambda _: ApiError(ErrorCode.CART_ORDERED),
    UnknownCursor: lambda _: ApiError(
        ErrorCode.INVALID_FIELDS,
        details={"fields": {"starting_after": ["There is nothing of this id in your list."]}},
    ),
    Declined: lambda _: ApiError(ErrorCode.PAYMENT_PROVIDER_UNAVAILABLE),
}
