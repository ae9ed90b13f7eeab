"""What a visitor does to a cart, be it open or ordered.

A change is judged before anything gives way to it: one that is refused, and one that changes
nothing, leave the cart's order and its payment alone.
"""

from __future__ import annotations

from storefront import cart_changes, checkout
from storefront.cart import current_cart
from storefront.db import reading


class OrderInTheWay(Exception):
    """The change would cancel the cart's order, which whoever asks may not do."""


def add_item(owner: str, product_id: str, quantity: int, *, currency: str | None = None) -> None:
    """Put `quantity` more of a product into the cart; raises CartRefused and OrderNotPayable.

    The first thing in a cart decides its currency: the one that is given, or the shop's own.
    """
    cart_changes.would_add(owner, product_id, quantity, currency)
    checkout.open_cart(owner)
    cart_changes.add_item(owner, product_id, quantity, currency=currency)


def set_quantity(owner: str, product_id: str, quantity: int, *, may_cancel: bool = True) -> None:
    """Have exactly `quantity` of a product in the cart; raises as `add_item`, and OrderInTheWay."""
    if cart_changes.would_set(owner, product_id, quantity):
        _open_cart(owner, may_cancel=may_cancel)
        cart_changes.set_quantity(owner, product_id, quantity)


def set_currency(owner: str, currency: str) -> None:
    """Have the cart in `currency`, if there is one; raises OrderNotPayable.

    An ordered one gives way like to any other change: an order's currency never changes.
    """
    with reading() as session:
        cart, _ = current_cart(session, owner)
    if cart and cart.currency != currency:
        checkout.open_cart(owner)
        cart_changes.set_currency(owner, currency)


def empty_cart(owner: str, *, may_cancel: bool = True) -> None:
    """Take everything out of the cart; raises OrderNotPayable and OrderInTheWay."""
    _open_cart(owner, may_cancel=may_cancel)
    cart_changes.empty_cart(owner)


def _open_cart(owner: str, *, may_cancel: bool) -> None:
    if may_cancel:
        checkout.open_cart(owner)
    elif _is_ordered(owner):
        raise OrderInTheWay


def _is_ordered(owner: str) -> bool:
    with reading() as session:
        _, order = current_cart(session, owner)
    return order is not None
