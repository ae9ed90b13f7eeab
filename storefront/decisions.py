"""What a piece of news will do to a payment: found and decided, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from storefront.binding import Attempts, Beside, Rows, Unbound, attempts_of_its_order, bind
from storefront.config import settings
from storefront.evidence import Named, Snapshot
from storefront.lifecycle import Evidence, PaymentStatus, Verdict, furthest
from storefront.reports import DisputeReport, RefundReport


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


class News(NamedTuple):
    """What Stripe said about an object, and what that proves."""

    snapshot: Snapshot
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Decision:
    """What news will do: read and decided, and nothing written yet.

    `changes` are columns of what the news is about: the payment, its refund, its dispute. `rows`
    are what is known of the payment's refunds, or disputes. Without `news` it was about no
    payment at all.
    """

    outcome: Outcome
    news: News | RefundReport | DisputeReport | None = None
    attempts: Attempts = ()
    payment: Row[Any] | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    rows: Rows = ()

    @property
    def payment_id(self) -> str | None:
        """The payment that it is about."""
        return self.payment.id if self.payment else None

    @property
    def named(self) -> Named | None:
        """What the object said about whose it is."""
        return self.news.snapshot if isinstance(self.news, News) else self.news

    @property
    def has_parked(self) -> bool:
        """True when it moves a payment that earlier events have been waiting for."""
        return self.outcome is Outcome.APPLIED and any(each.has_parked for each in self.attempts)


@dataclass(frozen=True, slots=True)
class Advance:
    """What applying a decision did, to which payment, and whether it left calls in the outbox."""

    outcome: Outcome
    payment_id: str | None = None
    has_calls: bool = False


def decide(session: Session, snapshot: Snapshot, heard: Evidence) -> Decision:
    """Find the payment and say what `heard` changes of it, in one query and without a write."""
    if snapshot.is_live != settings().is_live:
        return Decision(Outcome.MODE_MISMATCH, News(snapshot, heard))
    return decide_among(attempts_of_its_order(session, snapshot), snapshot, heard)


def decide_among(attempts: Attempts, snapshot: Snapshot, heard: Evidence) -> Decision:
    """Say it about an object of this deployment's mode, given the attempts of its order."""
    news, payment = News(snapshot, heard), bind(attempts, snapshot)
    if isinstance(payment, Unbound):
        return Decision(Outcome(payment), news, attempts)
    changes = _changes(payment, attempts, snapshot, heard)
    return Decision(Outcome.APPLIED if changes else Outcome.STALE, news, attempts, payment, changes)


def decide_report(
    session: Session,
    report: RefundReport | DisputeReport,
    beside: Beside,
    changes_of: Callable[[Rows], Mapping[str, Any]],
) -> Decision:
    """Find the payment that a refund or dispute is about, and say what the report changes.

    `beside` reads what is known of such; `changes_of` tells from the payment's what is news.
    """
    attempts, known = beside.rows(session, report)
    payment = bind(attempts, report)
    if isinstance(payment, Unbound):
        return Decision(Outcome(payment), report, attempts)
    rows = [row for row in known if row.payment_id == payment.id]
    changes = changes_of(rows)
    outcome = Outcome.APPLIED if changes else Outcome.STALE
    return Decision(outcome, report, attempts, payment, changes, rows)


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
        received = max(payment.amount_received, snapshot.amount)
        changes["amount_received"] = received
        changes["amount_refunded"] = min(payment.amount_refunded, received)
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
