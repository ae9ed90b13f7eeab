"""The cart: what a visitor means to buy, and its totals. No price ever comes from the browser.

A cart that was ordered stays the visitor's cart until its order is paid or cancelled; it can't be
changed then. `checkout.open_cart` makes an open copy of it, and `cart_changes.py` changes that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.cart_reads import OPEN_CART, ORDERED_CART
from storefront.catalog import Offer, catalogue, offers_by_id
from storefront.config import settings
from storefront.db import reading
from storefront.languages import DEFAULT_LOCALE, Sentence, counted
from storefront.lifecycle import OrderStatus
from storefront.models import Cart, CartItem, Order
from storefront.money import format_money


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """One product × quantity in a cart. `notice` says what changed since it was last seen.

    `unit_amount_seen` is the price at which it was chosen; `unit_amount` is today's.
    """

    product_id: str
    slug: str
    name: str
    image: str
    quantity: int
    unit_amount: int
    unit_amount_seen: int
    amount: int
    stock: int
    notice: Sentence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingOrder:
    """What was made of a cart and waits for payment."""

    id: str
    number: str
    token: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CartView:
    """A cart with today's prices. `pending_order` is its order, once placed and not yet paid.

    Carts that look the same are equal.
    """

    id: str | None = field(compare=False)
    currency: str
    lines: tuple[CartLine, ...]
    pending_order: PendingOrder | None = None

    @property
    def amount_total(self) -> int:
        """The sum in minor units."""
        return sum(line.amount for line in self.lines)

    @property
    def count(self) -> int:
        """How many things are in it."""
        return sum(line.quantity for line in self.lines)

    @property
    def notices(self) -> list[Sentence]:
        """What the shopper has to know before going on."""
        return [line.notice for line in self.lines if line.notice]

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to buy."""
        return not self.lines

    @property
    def can_checkout(self) -> bool:
        """True when an order can be placed just as it is shown."""
        return bool(self.lines) and not self.notices


def look_at_cart(owner: str | None, locale: str = DEFAULT_LOCALE) -> CartView:
    """Return the visitor's cart, an empty one for somebody who never had any; in one or two reads.

    It is what is committed: a transaction asks for `lines_of_cart`.
    """
    rows = OPEN_CART(owner=owner or "")
    version, id_, currency = rows[0][:3]
    if id_ is None:
        return _ordered_cart(owner, version, locale)
    offers = catalogue(version, currency, locale).offers
    items = [(offers[row.product_id], row) for row in rows if row.product_id]
    return CartView(id=id_, currency=currency, lines=_lines(items, locale))


def lines_of_cart(session: Session, cart: Cart, locale: str) -> tuple[CartLine, ...]:
    """Return what is in a cart, as it would be ordered now."""
    items = session.scalars(select(CartItem).where(CartItem.cart_id == cart.id)).all()
    offers = offers_by_id(session, [item.product_id for item in items], cart.currency, locale)
    return _lines([(offers[item.product_id], item) for item in items], locale)


def current_cart(session: Session, owner: str | None) -> tuple[Cart | None, Order | None]:
    """Return the visitor's open cart; else the one whose order waits for payment, and the order."""
    if owner is None:
        return None, None
    is_open = select(Cart).where(Cart.owner == owner, Cart.status == "open")
    cart = session.scalar(is_open)
    if cart:
        return cart, None
    waiting = (
        select(Order)
        .where(Order.owner == owner, Order.status == OrderStatus.PENDING)
        .order_by(Order.created_at.desc())
        .limit(1)
    )
    order = session.scalar(waiting)
    return (session.get(Cart, order.cart_id), order) if order else (None, None)


def pending_order(owner: str) -> Order | None:
    """Return the visitor's order that waits for payment in place of an open cart."""
    with reading() as session:
        return current_cart(session, owner)[1]


def _lines(items: list[tuple[Offer, Any]], locale: str) -> tuple[CartLine, ...]:
    lines = [_line_of_cart(offer, item, locale) for offer, item in items]
    return tuple(sorted(lines, key=lambda line: line.name))


def _line_of_cart(offer: Offer, item: Any, locale: str) -> CartLine:
    return CartLine(
        product_id=offer.id,
        slug=offer.slug,
        name=offer.name,
        image=offer.image,
        quantity=item.quantity,
        unit_amount=offer.unit_amount,
        unit_amount_seen=item.unit_amount,
        amount=offer.unit_amount * item.quantity,
        stock=offer.stock,
        notice=_notice(item, offer, locale),
    )


def _ordered_cart(owner: str | None, version: str, locale: str) -> CartView:
    """Return what was ordered, with the names and prices that were agreed on."""
    rows = ORDERED_CART(owner=owner) if owner else []
    if not rows:
        return CartView(id=None, currency=settings().currency, lines=())
    order = rows[0]
    offers = catalogue(version, order.currency, locale).offers
    return CartView(
        id=order.cart_id,
        currency=order.currency,
        lines=tuple(_line_of_order(offers[row.product_id], row) for row in rows),
        pending_order=PendingOrder(
            id=order.id, number=order.number, token=order.token, email=order.email
        ),
    )


def _line_of_order(offer: Offer, item: Any) -> CartLine:
    return CartLine(
        product_id=item.product_id,
        slug=offer.slug,
        name=item.name,
        image=item.image,
        quantity=item.quantity,
        unit_amount=item.unit_amount,
        unit_amount_seen=item.unit_amount,
        amount=item.amount,
        stock=offer.stock,
        notice=None,
    )


def _notice(item: Any, offer: Offer, locale: str) -> Sentence | None:
    if offer.stock == 0:
        return Sentence("%(name)s sold out since you put it into the cart.", name=offer.name)
    if offer.stock < item.quantity:
        return counted(
            "Only %(count)d of %(name)s is left; you wanted %(wanted)d.",
            "Only %(count)d of %(name)s are left; you wanted %(wanted)d.",
            count=offer.stock, name=offer.name, wanted=item.quantity,
        )  # fmt: skip
    if offer.unit_amount != item.unit_amount:
        return Sentence(
            "%(name)s now costs %(now)s; it was %(before)s when you chose it.",
            name=offer.name,
            now=format_money(offer.unit_amount, offer.currency, locale),
            before=format_money(item.unit_amount, offer.currency, locale),
        )
    return None
