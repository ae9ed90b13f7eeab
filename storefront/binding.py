"""Which payment of ours a Stripe object is about.

The stored pair (payment, Stripe id) decides. Metadata is a hint, good for one thing: to adopt the
id of an object that Stripe made before we could write it down.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    bindparam,
    case,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session

from storefront.config import settings
from storefront.evidence import Named
from storefront.models import Order, Payment, StripeEvent
from storefront.prepared import Prepared, row_of

Rows = Sequence[Row[Any]]
Attempts = Rows
SqlText = ColumnElement[Any]


class Unbound(StrEnum):
    """Why an object is about no payment of ours; each is an outcome of a delivery."""

    FOREIGN = "foreign"
    PARKED = "parked"
    MISMATCH = "mismatch"


def attempts_of_its_order(session: Session, named: Named) -> Attempts:
    """Read, in one query, every attempt of the order that the object belongs to, and the order.

    The order's columns are called `order_…`. `has_parked` says whether an event of theirs waits.
    """
    return _ALONE.rows(session, named)


def attempts_of_order(session: Session, order_id: str) -> Attempts:
    """Read every attempt of an order, in the same shape."""
    told = {"order_id": order_id, "payment_intent_id": None}
    return _ALONE.of_order.rows(session, **told)


# Written out, so that both databases see that the partial indexes serve.
IS_PARKED = StripeEvent.outcome == literal_column("'parked'")


def parked_for(
    payment_id: SqlText, order_id: SqlText, intent_id: SqlText
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of events that wait for this payment, its order or its intent."""
    is_its = or_(
        StripeEvent.object_payment_id == payment_id,
        StripeEvent.object_order_id == order_id,
        StripeEvent.object_payment_intent_id == intent_id,
    )
    return IS_PARKED, is_its


_payments, _orders = Payment.__table__, Order.__table__
_ORDER_COLUMNS = ("version", "status", "amount_total", "currency", "closed_reason", "settled_by")
_HAS_PARKED = (
    select(StripeEvent.id)
    .where(*parked_for(_payments.c.id, _payments.c.order_id, bindparam("payment_intent_id")))
    .exists()
)
ATTEMPTS = select(
    *_payments.c,
    *(_orders.c[name].label(f"order_{name}") for name in _ORDER_COLUMNS),
).join(_orders, _orders.c.id == _payments.c.order_id)
_ATTEMPTS = ATTEMPTS.add_columns(_HAS_PARKED.label("has_parked"))
# A stored id finds its order before a hint does; what wasn't told is NULL and finds nothing.
_told = Payment.__table__.alias()
_OF_OBJECT = (
    _payments.c.order_id
    == select(_told.c.order_id)
    .where(
        or_(
            _told.c.payment_intent_id == bindparam("payment_intent_id"),
            _told.c.checkout_session_id == bindparam("checkout_session_id"),
            _told.c.id == bindparam("payment_id"),
        )
    )
    .order_by(case((_told.c.id == bindparam("payment_id"), 1), else_=0))
    .limit(1)
    .scalar_subquery()
)


class _Read:
    """A query about attempts, asked for the order that an object belongs to."""

    def __init__(self, attempts: Select[Any]) -> None:
        self._of_object = Prepared(attempts.where(_OF_OBJECT))
        self.of_order = Prepared(attempts.where(_payments.c.order_id == bindparam("order_id")))

    def rows(self, session: Session, named: Named) -> Rows:
        is_ours = named.store_id == settings().store_id
        told = {
            "payment_intent_id": named.payment_intent_id,
            "checkout_session_id": named.checkout_session_id,
            "payment_id": named.payment_id if is_ours else None,
        }
        found = self._of_object.rows(session, **told)
        if not found and is_ours and not named.payment_id and named.order_id:
            of_order = {"order_id": named.order_id, "payment_intent_id": named.payment_intent_id}
            found = self.of_order.rows(session, **of_order)
        return found


_ALONE = _Read(_ATTEMPTS)


class Beside:
    """What hangs on payments, such as their refunds: read in one query with the attempts."""

    def __init__(self, table: FromClause) -> None:
        """Take the table; it has a `payment_id`."""
        self._row, self._names = row_of(table.c.keys()), table.c.keys()
        beside = [table.c[name].label(f"beside_{name}") for name in self._names]
        joined = _ATTEMPTS.outerjoin(table, table.c.payment_id == _payments.c.id)
        self._read = _Read(joined.add_columns(*beside))

    def rows(self, session: Session, named: Named) -> tuple[Attempts, Rows]:
        """Return the attempts of the order that an object belongs to, and what hangs on them."""
        found = self._read.rows(session, named)
        names = [f"beside_{name}" for name in self._names]
        beside = [self._row(*(getattr(row, name) for name in names)) for row in found]
        attempts = {row.id: row for row in found}
        return [*attempts.values()], [row for row in beside if row.payment_id is not None]


def bind(attempts: Attempts, named: Named) -> Row[Any] | Unbound:
    """Return the payment that the object is about, or why there is none.

    Refunds and disputes made in the Dashboard say nothing of ours; they wait for their intent.
    """
    stored = next((each for each in attempts if _is_stored(each, named)), None)
    payment = stored
    if payment is None:
        if named.store_id != settings().store_id:
            is_nameless = named.flow is None and named.store_id is None
            return Unbound.PARKED if is_nameless else Unbound.FOREIGN
        payment = next((each for each in attempts if _is_hinted(each, named)), None)
    if payment is None:
        return Unbound.PARKED
    return Unbound.MISMATCH if _contradicts(payment, named) else payment


def _is_stored(payment: Row[Any], named: Named) -> bool:
    return any(
        stored is not None and stored == told
        for stored, told in (
            (payment.payment_intent_id, named.payment_intent_id),
            (payment.checkout_session_id, named.checkout_session_id),
        )
    )


def _is_hinted(payment: Row[Any], named: Named) -> bool:
    if named.payment_id:
        return bool(payment.id == named.payment_id)
    has_no_id = payment.payment_intent_id is None and payment.checkout_session_id is None
    return bool(payment.is_live and has_no_id and payment.flow == named.flow)


def _contradicts(payment: Row[Any], named: Named) -> bool:
    """Say whether the object names anything that we know to be otherwise."""
    return any(
        known is not None and told is not None and known != told
        for known, told in (
            (payment.id, named.payment_id),
            (payment.order_id, named.order_id),
            (payment.payment_intent_id, named.payment_intent_id),
            (payment.checkout_session_id, named.checkout_session_id),
        )
    )
