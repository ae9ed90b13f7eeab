"""The cart: what a visitor means to buy, and its totals. No price ever comes from the browser.

A cart that was ordered stays the visitor's cart until its order is paid or cancelled; it can't be
changed then. `checkout.open_cart` makes an open copy of it, and `cart_changes.py` changes that.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.catalog import Offer, offers_by_id
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
class CartView:
    """A cart with today's prices. `pending_order` is its order, once placed and not yet paid."""

    id: str | None
    currency: str
    lines: list[CartLine]
    pending_order: Order | None = None

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
    """Return the visitor's cart, an empty one for somebody who never had any."""
    with reading() as session:
        return view_of_cart(session, owner, locale)


def view_of_cart(session: Session, owner: str | None, locale: str = DEFAULT_LOCALE) -> CartView:
    """Return the visitor's cart as it is in this transaction."""
    cart, order = current_cart(session, owner)
    if cart is None:
        return CartView(id=None, currency=settings().currency, lines=[])
    if order is None:
        lines = lines_of_cart(session, cart, locale)
        return CartView(id=cart.id, currency=cart.currency, lines=lines)
    lines = _lines_of_order(session, order, locale)
    return CartView(id=cart.id, currency=cart.currency, lines=lines, pending_order=order)


def lines_of_cart(session: Session, cart: Cart, locale: str) -> list[CartLine]:
    """Return what is in a cart, as it would be ordered now."""
    items = session.scalars(select(CartItem).where(CartItem.cart_id == cart.id)).all()
    offers = offers_by_id(session, [item.product_id for item in items], cart.currency, locale)
    lines = [_line_of_cart(item, offers[item.product_id], locale) for item in items]
    return sorted(lines, key=lambda line: line.name)


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


def count_items(owner: str | None) -> int:
    """Return how many things are in the visitor's cart, in one or two reads."""
    with reading() as session:
        cart, _ = current_cart(session, owner)
        statement = select(func.coalesce(func.sum(CartItem.quantity), 0))
        return session.scalar(statement.where(CartItem.cart_id == cart.id)) or 0 if cart else 0


def _line_of_cart(item: CartItem, offer: Offer, locale: str) -> CartLine:
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


def _lines_of_order(session: Session, order: Order, locale: str) -> list[CartLine]:
    """Return what was ordered, with the names and prices that were agreed on."""
    ids = [item.product_id for item in order.line_items]
    offers = offers_by_id(session, ids, order.currency, locale)
    return [
        CartLine(
            product_id=item.product_id,
            slug=offers[item.product_id].slug,
            name=item.name,
            image=item.image,
            quantity=item.quantity,
            unit_amount=item.unit_amount,
            unit_amount_seen=item.unit_amount,
            amount=item.amount,
            stock=offers[item.product_id].stock,
            notice=None,
        )
        for item in order.line_items
    ]


def _notice(item: CartItem, offer: Offer, locale: str) -> Sentence | None:
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
