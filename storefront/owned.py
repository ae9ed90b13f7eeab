"""What belongs to one owner, as programs are told of it: orders and payments, read by Core.

Somebody else's are as absent as ones that never were. Every function costs a constant number of
queries, whatever the size of what it returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, case, func, or_, select
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
        rows = session.execute(ONE_ORDER, {"owner": owner, "id": order_id}).all()
        return next(iter(_whole(session, rows, owner)), None)


def orders_of(owner: str, *, limit: int, starting_after: str | None = None) -> Page:
    """Return the owner's orders; raises UnknownCursor."""
    with reading() as session:
        last = _last(session, ONE_ORDER, owner, starting_after)
        rows = _newest_first(session, ORDERS, Order, owner=owner, last=last, limit=limit)
        return Page(_whole(session, rows[:limit], owner), len(rows) > limit)


def payment_of(owner: str, payment_id: str) -> Record | None:
    """Return a payment by our id or by its PaymentIntent's."""
    with reading() as session:
        row = session.execute(_one(payment_id), {"owner": owner, "id": payment_id}).one_or_none()
    return row._asdict() if row else None


def payments_of(owner: str, *, limit: int, starting_after: str | None = None) -> Page:
    """Return the owner's payments; raises UnknownCursor."""
    with reading() as session:
        last = _last(session, _one(starting_after or ""), owner, starting_after)
        rows = _newest_first(session, PAYMENTS, Payment, owner=owner, last=last, limit=limit)
    return Page([row._asdict() for row in rows[:limit]], len(rows) > limit)


def _paid_at(model: Any) -> Any:
    """Return when it was paid, never before it was made: Stripe's seconds are cut off."""
    is_early = model.paid_at < model.created_at
    return case((is_early, model.created_at), else_=model.paid_at).label("paid_at")


# Built once: building a statement takes longer than running it.
ORDERS: Query = select(
    Order.id,
    Order.number,
    Order.owner.label("user_id"),
    Order.status,
    Order.amount_total.label("total_amount"),
    Order.currency,
    Order.created_at,
    _paid_at(Order),
    Order.closed_at,
).where(Order.owner == bindparam("owner"))
ITEMS: Query = (
    select(
        LineItem.order_id,
        LineItem.product_id,
        LineItem.name.label("product_name"),
        LineItem.unit_amount.label("product_price"),
        LineItem.quantity,
        LineItem.amount.label("subtotal"),
    )
    .where(LineItem.order_id.in_(bindparam("order_ids", expanding=True)))
    .order_by(LineItem.id)
)
PAYMENTS: Query = select(
    Payment.id,
    Payment.order_id,
    Payment.owner.label("user_id"),
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
    _paid_at(Payment),
).where(Payment.owner == bindparam("owner"))
ONE_ORDER = ORDERS.where(Order.id == bindparam("id"))
ONE_PAYMENT = PAYMENTS.where(Payment.id == bindparam("id"))
ONE_INTENTS_PAYMENT = PAYMENTS.where(Payment.payment_intent_id == bindparam("id"))
PAYMENTS_OF_ORDERS = PAYMENTS.where(
    Payment.order_id.in_(bindparam("order_ids", expanding=True))
).order_by(Payment.attempt)


def _one(payment_id: str) -> Query:
    return ONE_INTENTS_PAYMENT if payment_id.startswith("pi_") else ONE_PAYMENT


def _whole(session: Session, rows: Rows, owner: str) -> list[Record]:
    """Return the orders with what belongs to them, in three queries altogether."""
    orders = {row.id: row._asdict() | {"items": [], "payments": []} for row in rows}
    if orders:
        names = {"owner": owner, "order_ids": list(orders)}
        for row in session.execute(ITEMS, {"order_ids": names["order_ids"]}):
            orders[row.order_id]["items"].append(row._asdict())
        for row in session.execute(PAYMENTS_OF_ORDERS, names):
            orders[row.order_id]["payments"].append(row._asdict())
    for order in orders.values():
        order["updated_at"] = _last_change(order)
    return list(orders.values())


def _last_change(order: Record) -> Any:
    """Return when the order last changed: it has no other clock than what happened to it."""
    moments = [order["created_at"], order["closed_at"]]
    return max(each for each in [*moments, *(p["updated_at"] for p in order["payments"])] if each)


def _last(session: Session, one: Query, owner: str, id_: str | None) -> Row[Any] | None:
    """Return the row that a page goes on after; raises UnknownCursor."""
    if id_ is None:
        return None
    found = session.execute(one, {"owner": owner, "id": id_}).one_or_none()
    if found is None:
        raise UnknownCursor
    return found


def _newest_first(
    session: Session, statement: Query, model: Any, *, owner: str, last: Any, limit: int
) -> Rows:
    """Return the rows after `last`, and one more than the limit."""
    page = statement.order_by(model.created_at.desc(), model.id.desc()).limit(limit + 1)
    if last is not None:
        is_of_that_moment = and_(model.created_at == last.created_at, model.id < last.id)
        page = page.where(or_(model.created_at < last.created_at, is_of_that_moment))
    return session.execute(page, {"owner": owner}).all()
