"""Disputes: what customers claim back at their banks. A flag with amounts; an order stays paid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.attentions import DISPUTE_LOST, DISPUTE_WON, DISPUTED, open_attention_about
from storefront.binding import Beside, Rows
from storefront.decisions import Advance, Decision, Outcome, decide_report
from storefront.evidence import Event
from storefront.models import Dispute
from storefront.reports import ENDS_OF_A_DISPUTE, DisputeReport, read_dispute
from storefront.transitions import change_order

# A dispute that ends any other way has cost nothing.
LOST = "lost"


def decide(session: Session, event: Event) -> Decision:
    """Find the dispute that an event is about, and say what it changes of it."""
    report = read_dispute(event.object, created=event.created)
    if report is None:
        return Decision(Outcome.IGNORED)
    return decide_report(
        session, report, _DISPUTES, lambda rows: _changes(_row_of(rows, report), report)
    )


_DISPUTES = Beside(Dispute.__table__)


def advance(session: Session, decision: Decision) -> Advance:
    """Write the dispute as was decided, and ask for a human when it opens and when it ends.

    Raises LostRace when somebody changed the order since it was read.
    """
    report, payment = decision.news, decision.payment
    if isinstance(report, DisputeReport) and payment and decision.changes:
        before = _row_of(decision.rows, report)
        change_order(session, payment.order_id, payment.order_version)
        _save(session, report.id, decision, before)
        for reason in _reasons(before, report):
            open_attention_about(
                session, reason, payment, amount=report.amount, currency=report.currency
            )
    return Advance(decision.outcome, decision.payment_id)


def _row_of(rows: Rows, report: DisputeReport) -> Row[Any] | None:
    return next((row for row in rows if row.id == report.id), None)


def _changes(known: Row[Any] | None, report: DisputeReport) -> dict[str, Any]:
    """Return the columns of the dispute if the report tells more than is known of it."""
    if known and report.weight <= (_has_ended(known), known.reported, known.status):
        return {}
    return {
        "amount": report.amount,
        "currency": report.currency,
        "status": report.status,
        "reason": report.reason,
        "reported": report.created,
    }


def _has_ended(known: Row[Any] | None) -> bool:
    return known is not None and known.status in ENDS_OF_A_DISPUTE


def _save(session: Session, dispute_id: str, decision: Decision, before: Row[Any] | None) -> None:
    now = clock.now()
    if before:
        statement = update(Dispute).where(Dispute.id == dispute_id)
        session.execute(statement.values(**decision.changes, updated_at=now))
    else:
        its = {"id": dispute_id, "payment_id": decision.payment_id}
        new = {**its, **decision.changes, "created_at": now, "updated_at": now}
        session.execute(insert(Dispute).values(**new))


def _reasons(known: Row[Any] | None, report: DisputeReport) -> list[str]:
    """Return why a human should look now: it is new, or has just ended."""
    reasons = [] if known else [DISPUTED]
    if report.status in ENDS_OF_A_DISPUTE and not _has_ended(known):
        reasons.append(DISPUTE_LOST if report.status == LOST else DISPUTE_WON)
    return reasons
