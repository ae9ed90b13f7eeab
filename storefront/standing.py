"""Where an order stands once one of its payments has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Row, Table, bindparam, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.binding import Attempts
from storefront.lifecycle import (
    ClosedReason,
    OrderFacts,
    OrderStatus,
    PaymentFacts,
    PaymentStatus,
    order_status,
)
from storefront.models import Payment
from storefront.prepared import Prepared
from storefront.transitions import Move, change_order, record_transitions


def order_facts(payment: Row[Any]) -> OrderFacts:
    """Return the order's own facts, as they were read with one of its payments."""
    return OrderFacts(
        closed_reason=payment.order_closed_reason and ClosedReason(payment.order_closed_reason),
        settled_by=payment.order_settled_by,
    )


def change_payment(
    session: Session,
    attempts: Attempts,
    payment: Row[Any],
    changes: Mapping[str, Any],
    *,
    order: OrderFacts,
    cause: str,
) -> None:
    """Write a payment's new columns, and move its order to where all its payments put it.

    The order's compare-and-set comes first: it is the lock that every writer takes. Raises
    LostRace when somebody changed the order since it was read; nothing may be committed then.
    """
    after = {**payment._asdict(), **changes}
    status = order_status(order, _facts(attempts, after))
    settled = {"settled_by": payment.id, "paid_at": after["paid_at"]}
    is_settling = order.settled_by == payment.id
    change_order(
        session,
        payment.order_id,
        payment.order_version,
        status=status,
        **(settled if is_settling else {}),
    )
    if changes:
        told = {"of_payment": payment.id, **changes, "updated_at": clock.now()}
        _PAYMENT.execute(session, **told)
    record_transitions(session, _moves(payment, after, status), cause=cause)


_payments = cast("Table", Payment.__table__)
_PAYMENT = Prepared(update(_payments).where(_payments.c.id == bindparam("of_payment")))


def _facts(attempts: Attempts, changed: Mapping[str, Any]) -> list[PaymentFacts]:
    return [
        PaymentFacts(
            id=row["id"],
            status=PaymentStatus(row["status"]),
            amount_received=row["amount_received"],
            amount_refunded=row["amount_refunded"],
        )
        for row in (changed if each.id == changed["id"] else each._asdict() for each in attempts)
    ]


def _moves(payment: Row[Any], after: Mapping[str, Any], status: OrderStatus) -> list[Move]:
    moved = [(payment.id, payment.status, after["status"]), (None, payment.order_status, status)]
    return [
        Move(payment.order_id, payment_id, before, now)
        for payment_id, before, now in moved
        if before != now
    ]
