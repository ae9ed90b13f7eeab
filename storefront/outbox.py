"""Calls to Stripe that a transaction decided on: committed with it, made after it.

So a decision is neither lost (the row is there) nor made twice (the idempotency key is the row's).
What each kind of call does is told in `errands`.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import LostRace, rowcount_of, transaction
from storefront.models import OutboxCall

REFUND, LIST_REFUNDS = "refund", "list_refunds"
LONGEST_BACKOFF = timedelta(hours=1)
# More than it takes to come there; after days of tries the wait would be too long for a timedelta.
MOST_DOUBLINGS = 10
# Longer than a call can take, so that two workers never make the same call side by side.
LEASE = timedelta(minutes=1)


def enqueue(
    session: Session, kind: str, payment_id: str, *, idempotency_key: str, **arguments: str
) -> None:
    """Decide on a call, in the caller's transaction."""
    now = clock.now()
    session.execute(
        insert(OutboxCall).values(
            kind=kind,
            payment_id=payment_id,
            arguments=arguments,
            idempotency_key=idempotency_key,
            next_try_at=now,
            created_at=now,
        )
    )


@transaction
def take_next(session: Session) -> OutboxCall | None:
    """Lease the next call that is due, by moving its next try into the future; None if none is.

    `attempts` of what is returned counts the tries before this one. Several workers at once lease
    different calls: PostgreSQL skips what another is about to lease, SQLite lets one in at a time.
    """
    now = clock.now()
    is_due = (OutboxCall.done_at.is_(None), OutboxCall.next_try_at <= now)
    due = select(OutboxCall).where(*is_due).order_by(OutboxCall.next_try_at).limit(1)
    call = session.scalar(due.with_for_update(skip_locked=True))
    if call is None:
        return None
    wait = min(LEASE * 2 ** min(call.attempts, MOST_DOUBLINGS), LONGEST_BACKOFF)
    changed = session.execute(
        update(OutboxCall)
        .where(OutboxCall.id == call.id, OutboxCall.attempts == call.attempts)
        .values(attempts=call.attempts + 1, next_try_at=now + wait)
        .execution_options(synchronize_session=False)
    )
    if rowcount_of(changed) != 1:
        raise LostRace
    return call


@transaction
def finish(session: Session, call: OutboxCall, *, error: str | None = None) -> None:
    """Note that a call was made, or that Stripe refuses it for good."""
    _note(session, call, done_at=clock.now(), last_error=error)


@transaction
def change_key(session: Session, call: OutboxCall) -> None:
    """Ask under another key next time: this one answers with an old failure."""
    _note(session, call, idempotency_key=f"{call.idempotency_key}:{call.attempts}")


def _note(session: Session, call: OutboxCall, **columns: object) -> None:
    session.execute(update(OutboxCall).where(OutboxCall.id == call.id).values(**columns))
