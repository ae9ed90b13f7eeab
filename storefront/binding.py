"""Which payment of ours a Stripe object is about.

The stored pair (payment, Stripe id) decides. Metadata is a hint, good for one thing: to adopt the
id of an object that Stripe made before we could write it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, false, or_, select
from sqlalchemy.orm import Session

from storefront.config import settings
from storefront.evidence import Snapshot
from storefront.models import Order, Payment

Attempts = Sequence[Row[Any]]


class Unbound(StrEnum):
    """Why an object is about no payment of ours; each is an outcome of a delivery."""

    FOREIGN = "foreign"
    PARKED = "parked"
    MISMATCH = "mismatch"


def attempts_of_its_order(session: Session, snapshot: Snapshot) -> Attempts:
    """Read, in one query, every attempt of the order that the object belongs to, and the order.

    The order's columns are called `order_…`.
    """
    is_ours = snapshot.store_id == settings().store_id
    keys = [
        column == value
        for column, value in (
            (Payment.payment_intent_id, snapshot.payment_intent_id),
            (Payment.checkout_session_id, snapshot.checkout_session_id),
            (Payment.id, snapshot.payment_id if is_ours else None),
        )
        if value
    ]
    stored_before_hinted = Payment.id == (snapshot.payment_id or "")
    order_id = (
        select(Payment.order_id).where(or_(false(), *keys)).order_by(stored_before_hinted).limit(1)
    )
    found = session.execute(_ATTEMPTS.where(Payment.order_id == order_id.scalar_subquery())).all()
    if not found and is_ours and not snapshot.payment_id and snapshot.order_id:
        found = session.execute(_ATTEMPTS.where(Payment.order_id == snapshot.order_id)).all()
    return found


_ORDER_COLUMNS = {"version", "status", "amount_total", "currency", "closed_reason", "settled_by"}
_ATTEMPTS = select(
    *Payment.__table__.columns,
    *(
        column.label(f"order_{column.name}")
        for column in Order.__table__.columns
        if column.name in _ORDER_COLUMNS
    ),
).join(Order, Order.id == Payment.order_id)


def bind(attempts: Attempts, snapshot: Snapshot) -> Row[Any] | Unbound:
    """Return the payment that the object is about, or why there is none."""
    stored = next((each for each in attempts if _is_stored(each, snapshot)), None)
    payment = stored
    if payment is None:
        if snapshot.store_id != settings().store_id:
            return Unbound.FOREIGN
        payment = next((each for each in attempts if _is_hinted(each, snapshot)), None)
    if payment is None:
        return Unbound.PARKED
    return Unbound.MISMATCH if _contradicts(payment, snapshot) else payment


def _is_stored(payment: Row[Any], snapshot: Snapshot) -> bool:
    return any(
        stored is not None and stored == told
        for stored, told in (
            (payment.payment_intent_id, snapshot.payment_intent_id),
            (payment.checkout_session_id, snapshot.checkout_session_id),
        )
    )


def _is_hinted(payment: Row[Any], snapshot: Snapshot) -> bool:
    if snapshot.payment_id:
        return bool(payment.id == snapshot.payment_id)
    has_no_id = payment.payment_intent_id is None and payment.checkout_session_id is None
    return bool(payment.is_live and has_no_id and payment.flow == snapshot.flow)


def _contradicts(payment: Row[Any], snapshot: Snapshot) -> bool:
    """Say whether the object names anything that we know to be otherwise."""
    return any(
        known is not None and told is not None and known != told
        for known, told in (
            (payment.id, snapshot.payment_id),
            (payment.order_id, snapshot.order_id),
            (payment.payment_intent_id, snapshot.payment_intent_id),
            (payment.checkout_session_id, snapshot.checkout_session_id),
        )
    )
