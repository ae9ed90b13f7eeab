"""What pages ask about a visitor's cart all the time: one statement each, prepared once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Text, and_, bindparam, func, literal_column, select

from storefront.glances import Glance
from storefront.lifecycle import OrderStatus
from storefront.models import Cart, CartItem, CatalogueVersion, LineItem, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What every page of the shop shows: a version of the catalogue, and the cart's count."""

    version: str
    count: int


def glance(owner: str | None) -> Sight:
    """Return what there is to be seen for a visitor, in one read."""
    [found] = _SIGHT(owner=owner or "")
    return Sight(version=found.version, count=int(found.quantity))


# Written out, so that SQLite sees that the partial index serves without planning anew each time.
_OPEN = literal_column("'open'", Text)
_OWNER = bindparam("owner", type_=Text)
_OPEN_ID = select(Cart.id).where(Cart.owner == _OWNER, Cart.status == _OPEN).scalar_subquery()
_PENDING_ORDER = (
    select(Order.id)
    .where(Order.owner == _OWNER, Order.status == OrderStatus.PENDING)
    .order_by(Order.created_at.desc())
    .limit(1)
    .scalar_subquery()
)
_PENDING_CART = select(Order.cart_id).where(Order.id == _PENDING_ORDER).scalar_subquery()
_SIGHT = Glance(
    select(
        CatalogueVersion.version,
        select(func.coalesce(func.sum(CartItem.quantity), 0))
        .where(CartItem.cart_id == func.coalesce(_OPEN_ID, _PENDING_CART))
        .scalar_subquery()
        .label("quantity"),
    )
)
OPEN_CART = Glance(
    select(
        CatalogueVersion.version,
        Cart.id,
        Cart.currency,
        CartItem.product_id,
        CartItem.quantity,
        CartItem.unit_amount,
    )
    .select_from(CatalogueVersion)
    .join(Cart, and_(Cart.owner == _OWNER, Cart.status == _OPEN), isouter=True)
    .join(CartItem, CartItem.cart_id == Cart.id, isouter=True)
)
ORDERED_CART = Glance(
    select(
        Order.id,
        Order.cart_id,
        Order.number,
        Order.token,
        Order.email,
        Order.currency,
        LineItem.product_id,
        LineItem.name,
        LineItem.image,
        LineItem.unit_amount,
        LineItem.quantity,
        LineItem.amount,
    )
    .join(LineItem, LineItem.order_id == Order.id)
    .where(Order.id == _PENDING_ORDER)
    .order_by(LineItem.id)
)
