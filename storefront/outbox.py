"""Calls to Stripe that a transaction decided on: committed with it, made after it.

So a decision is neither lost (the row is there) nor made twice (the idempotency key is the row's).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import rowcount_of, transaction
from storefront.gateway import GatewayError, gateway
from storefront.models import OutboxCall

log = logging.getLogger(__name__)

REFUND = "refund"
LONGEST_BACKOFF = timedelta(hours=1)
# Longer than a call can take, so that two workers never make the same call side by side.
LEASE = timedelta(minutes=1)


def enqueue_refund(
    session: Session, *, payment_id: str, payment_intent_id: str, amount: int
) -> None:
    """Decide, in the caller's transaction, to give all of a payment back."""
    now = clock.now()
    session.execute(
        insert(OutboxCall).values(
            kind=REFUND,
            arguments={"payment_intent_id": payment_intent_id, "amount": amount},
            idempotency_key=f"{payment_id}:refund",
            next_try_at=now,
            created_at=now,
        )
    )


def work() -> int:
    """Make every call that is due; returns how many succeeded. Safe to run several at once."""
    done = 0
    while call := _take_next(clock.now()):
        done += _make(call)
    return done


def _due(now: datetime) -> Select[int]:
    is_due = (OutboxCall.done_at.is_(None), OutboxCall.next_try_at <= now)
    return select(OutboxCall.id).where(*is_due).order_by(OutboxCall.next_try_at).limit(1)


@transaction
def _take_next(session: Session, now: datetime) -> OutboxCall | None:
    """Lease the next call by moving its next try into the future; only one worker succeeds."""
    call = session.get(OutboxCall, session.scalar(_due(now)) or 0)
    if call is None:
        return None
    before = call.attempts
    wait = min(LEASE * 2**before, LONGEST_BACKOFF)
    statement = (
        update(OutboxCall)
        .where(OutboxCall.id == call.id, OutboxCall.attempts == before)
        .values(attempts=before + 1, next_try_at=now + wait)
    )
    return call if rowcount_of(session.execute(statement)) else None


def _make(call: OutboxCall) -> bool:
    try:
        gateway().refund(**call.arguments, idempotency_key=call.idempotency_key)
    except GatewayError as error:
        log.warning("outbox=%d kind=%s outcome=%s", call.id, call.kind, error.code)
        _note(call.id, done_at=None, last_error=str(error))
        return False
    _note(call.id, done_at=clock.now(), last_error=None)
    return True


@transaction
def _note(
    session: Session, call_id: int, *, done_at: datetime | None, last_error: str | None
) -> None:
    columns = {"done_at": done_at, "last_error": last_error}
    session.execute(update(OutboxCall).where(OutboxCall.id == call_id).values(**columns))
