"""What belongs to one owner, as programs are told of it: orders and payments, read by Core.

Somebody else's are as absent as ones that never were. Every function costs a constant number of
queries, whatever the size of what it returns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from storefront.db import reading
from storefront.models import LineItem, Order, Payment

Record = dict[str, Any]
Query = Select[*tuple[Any, ...]]
Rows = Sequence[Row[*tuple[Any, ...]]]


class UnknownCursor(Exception):
    """The list can't go on after something that isn't in it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, newest first. `has_more`: ask again, after the last of `data`."""

    data: list[Record]
    has_more: bool


def order_of(owner: str, order_id: str) -> Record | None:
    """Return an order with its items and payments."""
    with reading() as session:
        rows = session.execute(_orders(owner).where(Order.id == order_id)).all()
        return next(iter(_whole(session, rows, owner)), None)


def orders_of(owner: str, *, limit: int, starting_after: str | None) -> Page:
    """Return the owner's orders; raises UnknownCursor."""
    cursor = Order.id == starting_after if starting_after else None
    with reading() as session:
        rows = _newest_first(session, _orders(owner), Order, cursor, limit=limit)
        return Page(_whole(session, rows[:limit], owner), len(rows) > limit)


def payment_of(owner: str, payment_id: str) -> Record | None:
    """Return a payment by our id or by its PaymentIntent's."""
    with reading() as session:
        row = session.execute(_payments(owner).where(_is_named(payment_id))).one_or_none()
    return row._asdict() if row else None


def payments_of(owner: str, *, limit: int, starting_after: str | None) -> Page:
    """Return the owner's payments; raises UnknownCursor."""
    cursor = _is_named(starting_after) if starting_after else None
    with reading() as session:
        rows = _newest_first(session, _payments(owner), Payment, cursor, limit=limit)
    return Page([row._asdict() for row in rows[:limit]], len(rows) > limit)


def _orders(owner: str) -> Query:
    return select(
        Order.id,
        Order.number,
        Order.owner.label("user_id"),
        Order.status,
        Order.amount_total.label("total_amount"),
        Order.currency,
        Order.created_at,
        Order.paid_at,
        Order.closed_at,
    ).where(Order.owner == owner)


def _items(order_ids: Iterable[str]) -> Query:
    return (
        select(
            LineItem.order_id,
            LineItem.product_id,
            LineItem.name.label("product_name"),
            LineItem.unit_amount.label("product_price"),
            LineItem.quantity,
            LineItem.amount.label("subtotal"),
        )
        .where(LineItem.order_id.in_(list(order_ids)))
        .order_by(LineItem.id)
    )


def _payments(owner: str) -> Query:
    return (
        select(
            Payment.id,
            Payment.order_id,
            Order.owner.label("user_id"),
            Payment.flow,
            Payment.payment_intent_id.label("stripe_payment_intent_id"),
            Payment.checkout_session_id,
            Payment.amount,
            Payment.amount_received,
            Payment.amount_refunded,
            Payment.currency,
            Payment.status,
            func.coalesce(Payment.failure_code, Payment.failure_message).label("failure_reason"),
            Payment.last_event_id,
            Payment.client_metadata.label("metadata"),
            Payment.created_at,
            Payment.updated_at,
            Payment.paid_at,
        )
        .join(Order, Order.id == Payment.order_id)
        .where(Order.owner == owner)
    )


def _is_named(payment_id: str) -> Any:
    is_stripes = payment_id.startswith("pi_")
    return (Payment.payment_intent_id if is_stripes else Payment.id) == payment_id


def _whole(session: Session, rows: Rows, owner: str) -> list[Record]:
    """Return the orders with what belongs to them, in three queries altogether."""
    orders = {row.id: row._asdict() for row in rows}
    parts: dict[str, defaultdict[str, list[Record]]] = {
        "items": defaultdict(list),
        "payments": defaultdict(list),
    }
    if orders:
        for row in session.execute(_items(orders)):
            parts["items"][row.order_id].append(row._asdict())
        paid_by = _payments(owner).where(Payment.order_id.in_(list(orders)))
        for row in session.execute(paid_by.order_by(Payment.attempt)):
            parts["payments"][row.order_id].append(row._asdict())
    for id_, order in orders.items():
        order |= {"items": parts["items"][id_], "payments": parts["payments"][id_]}
        order["updated_at"] = _last_change(order)
    return list(orders.values())


def _last_change(order: Record) -> Any:
    """Return when the order last changed: it has no other clock than what happened to it."""
    moments = [order["created_at"], order["closed_at"]]
    return max(each for each in [*moments, *(p["updated_at"] for p in order["payments"])] if each)


def _newest_first(
    session: Session, statement: Query, model: Any, cursor: Any, *, limit: int
) -> Rows:
    """Return the rows after the one that the cursor names, and one more than the limit."""
    page = statement.order_by(model.created_at.desc(), model.id.desc()).limit(limit + 1)
    if cursor is not None:
        last = session.execute(statement.where(cursor)).one_or_none()
        if last is None:
            raise UnknownCursor
        is_of_that_moment = and_(model.created_at == last.created_at, model.id < last.id)
        page = page.where(or_(model.created_at < last.created_at, is_of_that_moment))
    return session.execute(page).all()
