"""Payments and their orders, moved forward by what Stripe says.

`advance` is the one function that applies evidence: for the webhook, for the page that a shopper
comes back to, and for every other answer of Stripe's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from storefront import catalog, clock, outbox
from storefront.attentions import MISMATCH, open_attention
from storefront.binding import Attempts, Unbound, attempts_of_its_order, bind
from storefront.config import settings
from storefront.evidence import Snapshot
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
from storefront.models import Payment
from storefront.transitions import change_order, record_transition


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
        if payment is Unbound.MISMATCH and heard.verdict is Verdict.SUCCEEDED:
            _flag_mismatch(session, attempts[0], snapshot)
        return Advance(Outcome(payment))
    changes = _changes(payment, attempts, snapshot, heard)
    if not changes:
        return Advance(Outcome.STALE, payment.id)
    cause = heard.event_id or "stripe"
    means = _write(session, payment, attempts, changes, currency=snapshot.currency, cause=cause)
    return Advance(Outcome.APPLIED, payment.id, has_calls=bool(means and means.is_refunded))


def known_evidence(payment: Row[Any]) -> Evidence:
    """Return the evidence that a payment keeps."""
    return Evidence(
        Verdict[payment.evidence.upper()],
        payment.evidence_created,
        payment.last_event_id,
        payment.evidence_is_reread,
    )


def _changes(
    payment: Row[Any], attempts: Attempts, snapshot: Snapshot, heard: Evidence
) -> dict[str, Any]:
    """Return the columns of the payment that this evidence changes; none when it is old news.

    An attempt that was thought dead doesn't become live again beside another live one.
    """
    known = known_evidence(payment)
    changes: dict[str, Any] = {}
    if furthest(known, heard) != known:
        changes |= _status_columns(snapshot, heard)
        has_rival = any(each.is_live and each.id != payment.id for each in attempts)
        changes["is_live"] = heard.verdict.is_live and not has_rival
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
        _flag(session, payment, after, means)
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
) -> Settlement | None:
    """Judge money when it comes, and again when Stripe corrects how much it was."""
    is_news = (
        payment.status != after["status"] or payment.amount_received != after["amount_received"]
    )
    if after["status"] != PaymentStatus.SUCCEEDED or not is_news:
        return None
    has_settled = order.settled_by == payment.id
    means = settlement(
        OrderFacts() if has_settled else order,
        due=(payment.order_amount_total, payment.order_currency),
        received=(after["amount_received"], after["currency_received"]),
    )
    if has_settled and means is Settlement.SETTLES:
        return None
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


def _flag(session: Session, payment: Row[Any], after: dict[str, Any], means: Settlement) -> None:
    open_attention(
        session,
        means,
        order_id=payment.order_id,
        payment_id=payment.id,
        amount_due=payment.order_amount_total,
        amount_received=after["amount_received"],
        currency=after["currency_received"],
    )
    if means.is_refunded:
        outbox.enqueue_refund(
            session,
            payment_id=payment.id,
            payment_intent_id=after["payment_intent_id"],
            amount=after["amount_received"],
        )


def _flag_mismatch(session: Session, payment: Row[Any], snapshot: Snapshot) -> None:
    open_attention(
        session,
        MISMATCH,
        order_id=payment.order_id,
        amount_due=payment.order_amount_total,
        amount_received=snapshot.amount,
        currency=snapshot.currency,
    )
