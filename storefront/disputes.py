"""Disputes: what customers claim back at their banks. A flag with amounts; an order stays paid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.attentions import DISPUTE_LOST, DISPUTE_WON, DISPUTED, open_attention_about
from storefront.binding import Rows
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
    its = select(*Dispute.__table__.c).where(Dispute.id == report.id)
    return decide_report(session, report, lambda _: its, lambda rows: _changes(rows, report))


def advance(session: Session, decision: Decision) -> Advance:
    """Write the dispute as was decided, and ask for a human when it opens and when it ends.

    Raises LostRace when somebody changed the order since it was read.
    """
    report, payment = decision.news, decision.payment
    if isinstance(report, DisputeReport) and payment and decision.changes:
        change_order(session, payment.order_id, payment.order_version)
        _save(session, payment.id, report, decision)
        for reason in _reasons(decision.rows, report):
            open_attention_about(
                session, reason, payment, amount=report.amount, currency=report.currency
            )
    return Advance(decision.outcome, decision.payment_id)


def _changes(known: Rows, report: DisputeReport) -> dict[str, Any]:
    """Return the columns of the dispute if the report tells more than is known of it."""
    weights = [(row.status in ENDS_OF_A_DISPUTE, row.reported, row.status) for row in known]
    if any(report.weight <= weight for weight in weights):
        return {}
    return {
        "amount": report.amount,
        "currency": report.currency,
        "status": report.status,
        "reason": report.reason,
        "reported": report.created,
    }


def _save(session: Session, payment_id: str, report: DisputeReport, decision: Decision) -> None:
    now = clock.now()
    if decision.rows:
        statement = update(Dispute).where(Dispute.id == report.id)
        session.execute(statement.values(**decision.changes, updated_at=now))
    else:
        new = {"id": report.id, "payment_id": payment_id, "created_at": now, "updated_at": now}
        session.execute(insert(Dispute).values(**new, **decision.changes))


def _reasons(known: Rows, report: DisputeReport) -> list[str]:
    """Return why a human should look now: it is new, or has just ended."""
    reasons = [] if known else [DISPUTED]
    has_ended_before = any(row.status in ENDS_OF_A_DISPUTE for row in known)
    if report.status in ENDS_OF_A_DISPUTE and not has_ended_before:
        reasons.append(DISPUTE_LOST if report.status == LOST else DISPUTE_WON)
    return reasons
