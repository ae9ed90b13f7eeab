"""Payments and their orders, moved forward by what Stripe says.

`advance` is the one function that applies evidence: for the webhook, for the page that a shopper
comes back to, and for every other answer of Stripe's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, update
from sqlalchemy.orm import Session

from storefront import catalog, clock, outbox
from storefront.binding import Attempts, Unbound, attempts_of_its_order, bind
from storefront.config import settings
from storefront.db import transaction
from storefront.evidence import Snapshot, evidence_of_reread
from storefront.gateway import Answer
from storefront.lifecycle import (
    ClosedReason,
    Evidence,
    OrderFacts,
    OrderStatus,
    PaymentFacts,
    PaymentStatus,
    Settlement,
    Verdict,
    furthest,
    order_status,
    settlement,
)
from storefront.models import Attention, Payment
from storefront.transitions import change_order, record_transition

ATTENTION_SENTENCES = {
    Settlement.PAID_LATE: "Paid after the order had expired; the stock was taken again.",
    Settlement.PAID_BUT_SOLD_OUT: "Paid after the order had expired, and sold out since: refunded.",
    Settlement.PAID_TWICE: "A second payment of a paid order arrived: refunded.",
    Settlement.PAID_AFTER_CANCEL: "Paid after the order was cancelled: refunded.",
    Settlement.AMOUNT_MISMATCH: "The amount received isn't the amount of the order.",
    Settlement.CURRENCY_MISMATCH: "The currency received isn't the currency of the order.",
}


class Outcome(StrEnum):
    """What one delivery or one re-read did."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"
    FOREIGN = "foreign"
    PARKED = "parked"
    MISMATCH = "mismatch"
    MODE_MISMATCH = "mode_mismatch"


@dataclass(frozen=True, slots=True)
class Advance:
    """What applying evidence did, to which payment, and whether it left calls in the outbox."""

    outcome: Outcome
    payment_id: str | None = None
    has_calls: bool = False


@transaction
def apply_answer(session: Session, answer: Answer) -> Advance:
    """Apply what Stripe answered about an object of ours, in a transaction of its own."""
    evidence = evidence_of_reread(answer.snapshot, as_of=answer.as_of)
    return advance(session, answer.snapshot, evidence)


def advance(session: Session, snapshot: Snapshot, heard: Evidence) -> Advance:
    """Move the payment that `snapshot` is about, and its order, as far as `heard` carries them.

    Everything happens in the caller's transaction. However the same evidence is dealt (late,
    twice, shuffled), payment and order end in the same place. Raises LostRace when somebody
    changed the order meanwhile; nothing may be committed then.
    """
    if snapshot.is_live != settings().is_live:
        return Advance(Outcome.MODE_MISMATCH)
    attempts = attempts_of_its_order(session, snapshot)
    payment = bind(attempts, snapshot)
    if isinstance(payment, Unbound):
        return Advance(Outcome(payment))
    changes = _changes(payment, snapshot, heard)
    if not changes:
        return Advance(Outcome.STALE, payment.id)
    cause = heard.event_id or "stripe"
    means = _write(session, payment, attempts, changes, currency=snapshot.currency, cause=cause)
    return Advance(Outcome.APPLIED, payment.id, has_calls=bool(means and means.is_refunded))


def known_evidence(payment: Row[Any] | Payment) -> Evidence:
    """Return the evidence that a payment keeps."""
    return Evidence(
        Verdict[payment.evidence.upper()],
        payment.evidence_created,
        payment.last_event_id,
        payment.evidence_is_reread,
    )


def _changes(payment: Row[Any], snapshot: Snapshot, heard: Evidence) -> dict[str, Any]:
    """Return the columns of the payment that this evidence changes; none when it is old news."""
    known = known_evidence(payment)
    changes: dict[str, Any] = {}
    if furthest(known, heard) != known:
        changes |= _status_columns(snapshot, heard)
    if heard.verdict is Verdict.SUCCEEDED:
        paid_at = datetime.fromtimestamp(heard.created, UTC)
        changes["paid_at"] = min(payment.paid_at or paid_at, paid_at)
        changes["amount_received"] = max(payment.amount_received, snapshot.amount)
    changes["payment_intent_id"] = payment.payment_intent_id or snapshot.payment_intent_id
    changes["checkout_session_id"] = payment.checkout_session_id or snapshot.checkout_session_id
    return {name: value for name, value in changes.items() if value != getattr(payment, name)}


def _status_columns(snapshot: Snapshot, kept: Evidence) -> dict[str, Any]:
    """Everything that follows from the kept evidence alone."""
    has_failed = kept.verdict.status is PaymentStatus.FAILED
    return {
        "status": kept.verdict.status,
        "is_live": kept.verdict.is_live,
        "failure_code": snapshot.failure_code if has_failed else None,
        "failure_message": snapshot.failure_message if has_failed else None,
        "evidence": kept.verdict.word,
        "evidence_created": kept.created,
        "evidence_is_reread": kept.is_reread,
        "last_event_id": kept.event_id,
    }


def _write(
    session: Session,
    payment: Row[Any],
    attempts: Attempts,
    changes: dict[str, Any],
    *,
    currency: str,
    cause: str,
) -> Settlement | None:
    """Write the changes and what follows for the order; returns what money meant, if it came."""
    order = OrderFacts(
        closed_reason=payment.order_closed_reason and ClosedReason(payment.order_closed_reason),
        settled_by=payment.order_settled_by,
    )
    after = {**payment._asdict(), **changes, "currency_received": currency}
    means = None
    if after["status"] == PaymentStatus.SUCCEEDED != payment.status:
        means = _meaning_of_money(session, payment, after, order)
    if means in {Settlement.SETTLES, Settlement.PAID_LATE}:
        order = OrderFacts(closed_reason=order.closed_reason, settled_by=payment.id)
    status = order_status(order, _facts(attempts, after))
    _update_order(session, payment, order, status=status, after=after)
    session.execute(
        update(Payment).where(Payment.id == payment.id).values(**changes, updated_at=clock.now())
    )
    _record_transitions(session, payment, after, status=status, cause=cause)
    if means and means is not Settlement.SETTLES:
        _open_attention(session, payment, after, means)
    return means


def _facts(attempts: Attempts, changed: dict[str, Any]) -> list[PaymentFacts]:
    return [
        PaymentFacts(
            id=row["id"],
            status=PaymentStatus(row["status"]),
            amount_received=row["amount_received"],
            amount_refunded=row["amount_refunded"],
        )
        for row in (changed if each.id == changed["id"] else each._asdict() for each in attempts)
    ]


def _meaning_of_money(
    session: Session, payment: Row[Any], after: dict[str, Any], order: OrderFacts
) -> Settlement:
    means = settlement(
        order,
        due=(payment.order_amount_total, payment.order_currency),
        received=(after["amount_received"], after["currency_received"]),
    )
    if means is Settlement.PAID_LATE and not catalog.take_again(session, payment.order_id):
        return Settlement.PAID_BUT_SOLD_OUT
    return means


def _update_order(
    session: Session,
    payment: Row[Any],
    order: OrderFacts,
    *,
    status: OrderStatus,
    after: dict[str, Any],
) -> None:
    """Move the order, from the version that was read."""
    values: dict[str, Any] = {"status": status}
    if order.settled_by == payment.id:
        values |= {"settled_by": payment.id, "paid_at": after["paid_at"]}
    change_order(session, payment.order_id, payment.order_version, **values)


def _record_transitions(
    session: Session,
    payment: Row[Any],
    after: dict[str, Any],
    *,
    status: OrderStatus,
    cause: str,
) -> None:
    moved = [(payment.id, payment.status, after["status"]), (None, payment.order_status, status)]
    for payment_id, before, now in moved:
        if before != now:
            record_transition(
                session,
                order_id=payment.order_id,
                payment_id=payment_id,
                before=before,
                after=now,
                cause=cause,
            )


def _open_attention(
    session: Session, payment: Row[Any], after: dict[str, Any], means: Settlement
) -> None:
    session.execute(
        insert(Attention).values(
            order_id=payment.order_id,
            payment_id=payment.id,
            reason=means,
            sentence=ATTENTION_SENTENCES[means],
            amount_due=payment.order_amount_total,
            amount_received=after["amount_received"],
            currency=after["currency_received"],
            opened_at=clock.now(),
        )
    )
    if means.is_refunded:
        outbox.enqueue_refund(
            session,
            payment_id=payment.id,
            payment_intent_id=after["payment_intent_id"],
            amount=after["amount_received"],
        )
