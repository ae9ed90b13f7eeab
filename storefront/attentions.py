"""Attentions: why a human should look at an order. Money that doesn't fit always opens one."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, Exists, Table, exists, func, insert, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import reading, rowcount_of, transaction
from storefront.lifecycle import Settlement
from storefront.models import Attention, Order

Column = str | int | None
MISMATCH = "mismatch"
REFUND_FAILED = "refund_failed"
EXTERNAL_REFUND = "external_refund"
DISPUTED = "disputed"
DISPUTE_WON = "dispute_won"
DISPUTE_LOST = "dispute_lost"
MANY_ATTEMPTS = "many_attempts"
UNKNOWN_PAYMENT = "unknown_payment"

SENTENCES = {
    Settlement.PAID_LATE: "Paid after the order had expired; the stock was taken again.",
    Settlement.PAID_BUT_SOLD_OUT: "Paid after the order had expired, and sold out since: refunded.",
    Settlement.PAID_TWICE: "A second payment of a paid order arrived: refunded.",
    Settlement.PAID_AFTER_CANCEL: "Paid after the order was cancelled: refunded.",
    Settlement.AMOUNT_MISMATCH: "The amount received isn't the amount of the order.",
    Settlement.CURRENCY_MISMATCH: "The currency received isn't the currency of the order.",
    MISMATCH: "Stripe reports money for this order under an id that isn't its payment's.",
    REFUND_FAILED: "A refund didn't reach the customer. Find another way to give it back.",
    EXTERNAL_REFUND: "Refunded in Stripe's Dashboard, not here: see to the goods.",
    DISPUTED: "The customer's bank claims the money back. Answer it in Stripe's Dashboard.",
    DISPUTE_WON: "A dispute has ended in our favour.",
    DISPUTE_LOST: "A dispute was lost: the money is gone, and a fee with it.",
    UNKNOWN_PAYMENT: "Stripe has a payment for this order that nobody here knows.",
    MANY_ATTEMPTS: "Every attempt that an order gets was begun. Is somebody trying out cards?",
}


def open_attention(session: Session, reason: str, **columns: Column) -> None:
    """Ask for a human, in the caller's transaction; `columns` are those of Attention.

    Amounts are in the currency's minor units. What `stripe_id` names is named in the sentence.
    """
    told = _told(reason, **columns)
    session.execute(insert(Attention).values(opened_at=clock.now(), **told))


def open_unless_open(session: Session, reason: str, **columns: Column) -> None:
    """Do the same unless somebody is asked by now to look at exactly that; see `flag_once`."""
    _open_unless(session, reason, columns, Attention.resolved_at.is_(None))


def open_attention_about(
    session: Session, reason: str, payment: Any, *, amount: int, currency: str
) -> None:
    """Ask for a human about money that goes back of a payment, or doesn't; see `open_attention`."""
    open_attention(
        session,
        reason,
        order_id=payment.order_id,
        payment_id=payment.id,
        amount_due=amount,
        amount_received=payment.amount_received,
        currency=currency,
    )


def needs_a_human(order_id: str) -> bool:
    """Say whether somebody has yet to look at the order."""
    with reading() as session:
        return bool(session.scalar(select(is_open_attention_of(order_id))))


def is_open_attention_of(order_id: object) -> Exists:
    """Return the condition that somebody has yet to look at an order, given its id or a column."""
    is_its = Attention.order_id == order_id
    return exists().where(is_its, Attention.resolved_at.is_(None))


@transaction
def flag_once(session: Session, /, reason: str, **columns: Column) -> None:
    """Ask for a human unless that was done before, with the same words and the same amounts."""
    _open_unless(session, reason, columns)


def is_resolved(reason: str, **columns: Column) -> bool:
    """Say whether somebody has looked at exactly that."""
    is_same = _is_same(reason, columns)
    statement = select(func.count()).where(*is_same, Attention.resolved_at.is_not(None))
    with reading() as session:
        return bool(session.scalar(statement))


def _open_unless(
    session: Session, reason: str, columns: dict[str, Column], *conditions: ColumnElement[bool]
) -> None:
    """Ask unless it was asked; who asks the same at this moment waits for the order, and sees."""
    is_asked = select(exists().where(*_is_same(reason, columns), *conditions))
    if session.scalar(is_asked):
        return
    its = _orders.c.id == columns["order_id"]
    session.execute(update(_orders).where(its).values(version=_orders.c.version + 1))
    if not session.scalar(is_asked):
        open_attention(session, reason, **columns)


_orders = cast("Table", Order.__table__)


def _is_same(reason: str, columns: dict[str, Column]) -> list[ColumnElement[bool]]:
    told = _told(reason, **columns)
    return [getattr(Attention, name) == value for name, value in told.items()]


def _told(reason: str, *, stripe_id: Column = None, **columns: Column) -> dict[str, Column]:
    sentence = SENTENCES[reason]
    if stripe_id:
        sentence = f"{sentence.removesuffix('.')}: {stripe_id}."
    return {"reason": reason, "sentence": sentence, **columns}


def list_attentions(*, also_resolved: bool = False) -> list[tuple[Attention, str]]:
    """Return what a human should look at, each with its order's number; the oldest first."""
    statement = select(Attention, Order.number).join(Order, Order.id == Attention.order_id)
    if not also_resolved:
        statement = statement.where(Attention.resolved_at.is_(None))
    with reading() as session:
        found = session.execute(statement.order_by(Attention.id))
        return [(attention, number) for attention, number in found]


@transaction
def resolve(session: Session, attention_id: int, *, by: str) -> bool:
    """Note who has seen to it, and when. False when it isn't open: it is resolved once."""
    is_open = (Attention.id == attention_id, Attention.resolved_at.is_(None))
    done = {"resolved_at": clock.now(), "resolved_by": by}
    return rowcount_of(session.execute(update(Attention).where(*is_open).values(done))) == 1
