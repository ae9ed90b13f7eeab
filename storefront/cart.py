"""The cart: what a visitor means to buy, and its totals. No price ever comes from the browser.

A cart that was ordered stays the visitor's cart until its order is paid or cancelled; it can't be
changed then. `checkout.open_cart` makes an open copy of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.catalog import DEFAULT_LOCALE, Offer, offers_by_id
from storefront.config import settings
from storefront.db import LostRace, reading, rowcount_of, transaction
from storefront.lifecycle import OrderStatus
from storefront.models import Cart, CartItem, Order
from storefront.money import format_money

MOST_OF_ONE = 99


class CartRefused(Exception):
    """The cart stays as it was; the sentence says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """One product × quantity in a cart. `notice` says what changed since it was last seen."""

    product_id: str
    slug: str
    name: str
    image: str
    quantity: int
    unit_amount: int
    amount: int
    stock: int
    notice: str | None


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
    def notices(self) -> list[str]:
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


@transaction
def add_item(session: Session, owner: str, product_id: str, quantity: int) -> None:
    """Put `quantity` more of a product into the visitor's open cart; raises CartRefused."""
    cart = _open_cart(session, owner)
    item = session.get(CartItem, (cart.id, product_id))
    _put(session, cart, product_id, quantity + (item.quantity if item else 0))


@transaction
def set_quantity(session: Session, owner: str, product_id: str, quantity: int) -> None:
    """Have exactly `quantity` of a product in the open cart, 0 to remove it; raises CartRefused."""
    cart = _open_cart(session, owner)
    if quantity == 0:
        _remove(session, cart.id, product_id)
    else:
        _put(session, cart, product_id, quantity)


@transaction
def acknowledge(session: Session, owner: str) -> None:
    """Accept today's prices, and no more of anything than there is; raises CartRefused."""
    cart = _open_cart(session, owner)
    for line in lines_of_cart(session, cart, DEFAULT_LOCALE):
        if line.stock == 0:
            _remove(session, cart.id, line.product_id)
        else:
            _put(session, cart, line.product_id, min(line.quantity, line.stock))


def freeze_cart(session: Session, cart: Cart) -> None:
    """Let nobody change the cart any more: it is being ordered. Raises LostRace."""
    _hold(session, cart.id, status="ordered")


def copy_of_cart(session: Session, cart_id: str) -> Cart:
    """Make an open cart with the same items and the prices that were seen."""
    source = session.get_one(Cart, cart_id)
    copy = _new_cart(session, source.owner, source.currency)
    items = session.scalars(select(CartItem).where(CartItem.cart_id == cart_id)).all()
    session.add_all(
        CartItem(cart_id=copy.id, product_id=item.product_id, quantity=item.quantity,
                 unit_amount=item.unit_amount)
        for item in items
    )  # fmt: skip
    return copy


def _open_cart(session: Session, owner: str) -> Cart:
    """Return the visitor's open cart, held against everybody else until the commit."""
    cart, order = current_cart(session, owner)
    if order:
        raise CartRefused("These items were ordered meanwhile. Look at the order first.")
    if cart is None:
        return _new_cart(session, owner, settings().currency)
    _hold(session, cart.id, status="open")
    return cart


def _hold(session: Session, cart_id: str, *, status: str) -> None:
    """Compare-and-set: whoever changes a cart or its items comes by here first."""
    statement = update(Cart).where(Cart.id == cart_id, Cart.status == "open").values(status=status)
    if rowcount_of(session.execute(statement)) != 1:
        raise LostRace


def _new_cart(session: Session, owner: str, currency: str) -> Cart:
    cart = Cart(owner=owner, currency=currency, created_at=clock.now())
    session.add(cart)
    session.flush()
    return cart


def _put(session: Session, cart: Cart, product_id: str, quantity: int) -> None:
    offer = offers_by_id(session, [product_id], cart.currency).get(product_id)
    if offer is None:
        raise CartRefused("This product isn't for sale any more.")
    if offer.stock == 0:
        raise CartRefused("This product is sold out.")
    most = min(offer.stock, MOST_OF_ONE)
    if quantity > most:
        raise CartRefused(f"You can have at most {most} of this.")
    session.merge(
        CartItem(
            cart_id=cart.id,
            product_id=product_id,
            quantity=quantity,
            unit_amount=offer.unit_amount,
        )
    )


def _remove(session: Session, cart_id: str, product_id: str) -> None:
    session.execute(
        delete(CartItem).where(CartItem.cart_id == cart_id, CartItem.product_id == product_id)
    )


def _line_of_cart(item: CartItem, offer: Offer, locale: str) -> CartLine:
    return CartLine(
        product_id=offer.id,
        slug=offer.slug,
        name=offer.name,
        image=offer.image,
        quantity=item.quantity,
        unit_amount=offer.unit_amount,
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
            amount=item.amount,
            stock=offers[item.product_id].stock,
            notice=None,
        )
        for item in order.line_items
    ]


def _notice(item: CartItem, offer: Offer, locale: str) -> str | None:
    if offer.stock == 0:
        return f"{offer.name} sold out since you put it into the cart."
    if offer.stock < item.quantity:
        return f"Only {offer.stock} of {offer.name} are left; you wanted {item.quantity}."
    if offer.unit_amount != item.unit_amount:
        before = format_money(item.unit_amount, offer.currency, locale)
        now = format_money(offer.unit_amount, offer.currency, locale)
        return f"{offer.name} now costs {now}; it was {before} when you chose it."
    return None
