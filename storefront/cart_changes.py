"""Changing the cart: every change comes by a compare-and-set, and an ordered cart takes none."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.cart import current_cart, lines_of_cart
from storefront.catalog import Offer, offers_by_id
from storefront.config import settings
from storefront.db import LostRace, reading, rowcount_of, transaction
from storefront.languages import DEFAULT_LOCALE, Sentence
from storefront.models import Cart, CartItem

MOST_OF_ONE = 99


class CartRefused(Exception):
    """The cart stays as it was; the sentence says what to do."""


class NotForSale(CartRefused):
    """There is no such product, or not any more."""


class NotEnough(CartRefused):
    """Fewer are left than are wanted."""

    def __init__(self, product_id: str, *, wanted: int, available: int) -> None:
        self.product_id, self.wanted, self.available = product_id, wanted, available
        most = min(available, MOST_OF_ONE)
        super().__init__(at_most(most) if most else Sentence("This product is sold out."))


def at_most(most: int) -> Sentence:
    """Say how many of a product somebody can have."""
    return Sentence("You can have at most %(most)d of this.", most=most)


def would_add(owner: str, product_id: str, quantity: int, currency: str | None = None) -> None:
    """Raise CartRefused if `quantity` more can't be had; see `would_set`."""
    with reading() as session:
        wish = _wish(session, owner, product_id, currency)
        _refuse(session, wish, wish.has + quantity)


def would_set(owner: str, product_id: str, quantity: int) -> bool:
    """Say whether having exactly `quantity` would change the cart; raises CartRefused.

    An ordered cart is judged as if its order were cancelled: what that set aside is there again.
    """
    with reading() as session:
        wish = _wish(session, owner, product_id)
        if quantity == wish.has and (wish.is_ordered or quantity == 0):
            return False
        if quantity:
            _refuse(session, wish, quantity)
    return True


@transaction
def add_item(
    session: Session, owner: str, product_id: str, quantity: int, *, currency: str | None = None
) -> None:
    """Put `quantity` more of a product into the visitor's open cart; raises CartRefused.

    A cart that is only made by this is in `currency`, or in the shop's own.
    """
    cart = _open_cart(session, owner, currency)
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


@transaction
def set_currency(session: Session, owner: str, currency: str) -> None:
    """Price the open cart anew: each item in it gets today's price in `currency`.

    One that has none can't be had in it; the cart says so until it is removed.
    """
    cart = _open_cart(session, owner)
    cart.currency = currency
    session.flush()
    for line in lines_of_cart(session, cart, DEFAULT_LOCALE):
        if line.unit_amount:
            item = session.get_one(CartItem, (cart.id, line.product_id))
            item.unit_amount = line.unit_amount


@transaction
def empty_cart(session: Session, owner: str) -> None:
    """Take everything out of the open cart; raises CartRefused."""
    cart = _open_cart(session, owner)
    session.execute(delete(CartItem).where(CartItem.cart_id == cart.id))


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


def _open_cart(session: Session, owner: str, currency: str | None = None) -> Cart:
    """Return the visitor's open cart, held against everybody else until the commit."""
    cart, order = current_cart(session, owner)
    if order:
        raise CartRefused(Sentence("These items were ordered meanwhile. Look at the order first."))
    if cart is None:
        return _new_cart(session, owner, currency or settings().currency)
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
    offer = _refuse(session, Wish(product_id, cart.currency), quantity)
    session.merge(
        CartItem(
            cart_id=cart.id,
            product_id=product_id,
            quantity=quantity,
            unit_amount=offer.unit_amount,
        )
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """A product for a cart that `has` so many of it; an ordered cart's are set aside for it."""

    product_id: str
    currency: str
    has: int = 0
    is_ordered: bool = False


def _wish(session: Session, owner: str, product_id: str, currency: str | None = None) -> Wish:
    cart, order = current_cart(session, owner)
    if cart is None:
        return Wish(product_id, currency or settings().currency)
    item = session.get(CartItem, (cart.id, product_id))
    return Wish(product_id, cart.currency, item.quantity if item else 0, order is not None)


def _refuse(session: Session, wish: Wish, quantity: int) -> Offer:
    """Return the offer of which there may be `quantity` in the cart; raises CartRefused."""
    name = wish.product_id
    offer = offers_by_id(session, [name], wish.currency).get(name)
    if offer is None or not offer.is_for_sale:
        raise NotForSale(Sentence("This product isn’t for sale any more."))
    available = offer.stock + (wish.has if wish.is_ordered else 0)
    if quantity > available:
        raise NotEnough(name, wanted=quantity, available=available)
    if quantity > MOST_OF_ONE:
        raise CartRefused(at_most(MOST_OF_ONE))
    return offer


def _remove(session: Session, cart_id: str, product_id: str) -> None:
    session.execute(
        delete(CartItem).where(CartItem.cart_id == cart_id, CartItem.product_id == product_id)
    )
