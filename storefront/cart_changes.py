"""Changing the cart: every change comes by a compare-and-set, and an ordered cart takes none."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.cart import current_cart, lines_of_cart
from storefront.catalog import DEFAULT_LOCALE, offers_by_id
from storefront.config import settings
from storefront.db import LostRace, rowcount_of, transaction
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
        super().__init__(
            f"You can have at most {most} of this." if most else "This product is sold out."
        )


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
        raise NotForSale("This product isn't for sale any more.")
    if quantity > offer.stock:
        raise NotEnough(product_id, wanted=quantity, available=offer.stock)
    if quantity > MOST_OF_ONE:
        raise CartRefused(f"You can have at most {MOST_OF_ONE} of this.")
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
