"""What Stripe tells about refunds, ours and those made in the Dashboard, applied.

Each refund keeps the furthest status that it has heard, and what has gone back of a payment
follows from its refunds: so it doesn't matter in which order they are told, or how often.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, insert, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.attentions import EXTERNAL_REFUND, REFUND_FAILED, open_attention_about
from storefront.binding import Beside, Rows
from storefront.db import transaction
from storefront.decisions import Advance, Decision, Outcome, decide_report
from storefront.evidence import Event
from storefront.ids import new_id
from storefront.lifecycle import PaymentStatus, RefundStatus
from storefront.models import Refund
from storefront.reports import RefundReport, read_refund
from storefront.standing import change_payment, order_facts

# Who wanted a refund that we never decided.
STRIPE = "stripe"


def decide(session: Session, event: Event) -> Decision:
    """Find the refund that an event is about, and say what it changes of it."""
    report = read_refund(event.object)
    return _decide(session, report) if report else Decision(Outcome.IGNORED)


def advance(session: Session, decision: Decision) -> Advance:
    """Write the refund as was decided, and move its payment and order with it.

    Raises LostRace when somebody changed the order since it was read.
    """
    report, payment = decision.news, decision.payment
    if isinstance(report, RefundReport) and payment and decision.changes:
        before = _row_of(decision.rows, report)
        given_back = _given_back(payment, decision, before)
        is_news = given_back != payment.amount_refunded
        change_payment(
            session,
            decision.attempts,
            payment,
            {"amount_refunded": given_back} if is_news else {},
            order=order_facts(payment),
            cause=report.id,
        )
        _save(session, payment.id, decision.changes, before)
        _flag(session, payment, report, before)
    return Advance(decision.outcome, decision.payment_id)


@transaction
def apply_report(session: Session, report: RefundReport) -> Advance:
    """Apply what Stripe answered about a refund, in a transaction of its own."""
    return advance(session, _decide(session, report))


def _decide(session: Session, report: RefundReport) -> Decision:
    return decide_report(
        session, report, _REFUNDS, lambda rows: _changes(_row_of(rows, report), report)
    )


_REFUNDS = Beside(Refund.__table__)


def _row_of(rows: Rows, report: RefundReport) -> Row[Any] | None:
    """Return our row of the refund: by Stripe's id, or by ours when it has none of Stripe's yet."""
    known = (row for row in rows if row.stripe_refund_id == report.id)
    waiting = (row for row in rows if row.id == report.refund_id and row.stripe_refund_id is None)
    return next(known, None) or next(waiting, None)


def _changes(known: Row[Any] | None, report: RefundReport) -> dict[str, Any]:
    """Return the refund's columns that the report changes; none when it is old news.

    Until Stripe has told of a refund its status is our own guess, and any report knows better.
    """
    if known is None:
        return {
            "id": new_id("refund"),
            "stripe_refund_id": report.id,
            "amount": report.amount,
            "currency": report.currency,
            "status": report.status,
            "reason": report.reason,
            "actor": STRIPE,
            "failure_reason": report.failure_reason,
        }
    told: dict[str, Any] = {"stripe_refund_id": report.id, "amount": report.amount}
    is_guess = known.stripe_refund_id is None
    if is_guess or report.status.rank > RefundStatus(known.status).rank:
        told |= {"status": report.status, "failure_reason": report.failure_reason}
    return {name: value for name, value in told.items() if value != getattr(known, name)}


def _given_back(payment: Row[Any], decision: Decision, before: Row[Any] | None) -> int:
    """Return how much of the payment has gone back once the refund is what was decided.

    What was received bounds it: Stripe never gives back more, but it may tell of a refund before
    it tells that another failed.
    """
    after = {**(before._asdict() if before else {}), **decision.changes}
    others = [row._asdict() for row in decision.rows if row is not before]
    total = sum(
        int(row["amount"])
        for row in (*others, after)
        if row["stripe_refund_id"] and not RefundStatus(row["status"]).is_returned
    )
    is_received = payment.status == PaymentStatus.SUCCEEDED
    return min(total, int(payment.amount_received)) if is_received else total


def _save(
    session: Session, payment_id: str, changes: Mapping[str, Any], before: Row[Any] | None
) -> None:
    now = clock.now()
    if before:
        statement = update(Refund).where(Refund.id == before.id)
        session.execute(statement.values(**changes, updated_at=now))
    else:
        values = {**changes, "payment_id": payment_id, "created_at": now, "updated_at": now}
        session.execute(insert(Refund).values(**values))


def _flag(
    session: Session, payment: Row[Any], report: RefundReport, before: Row[Any] | None
) -> None:
    """Ask for a human when a refund is none of ours, and when one didn't arrive."""
    amount, currency = report.amount, report.currency
    if before is None:
        open_attention_about(session, EXTERNAL_REFUND, payment, amount=amount, currency=currency)
    was_returned = before is not None and RefundStatus(before.status).is_returned
    if report.status.is_returned and not was_returned:
        open_attention_about(session, REFUND_FAILED, payment, amount=amount, currency=currency)
