"""Calls to Stripe that a transaction decided on: committed with it, made after it.

So a decision is neither lost (the row is there) nor made twice (the idempotency key is the row's).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from storefront import calls, clock
from storefront.attentions import REFUND_FAILED, open_attention
from storefront.db import reading, rowcount_of, transaction
from storefront.gateway import gateway
from storefront.gateway_errors import GatewayError, GatewayMisuse, KeySpent
from storefront.models import OutboxCall, Payment

log = logging.getLogger(__name__)

REFUND = "refund"
# Somebody else gave the money back, in the Dashboard for instance: what was wanted has happened.
ALREADY_REFUNDED = "charge_already_refunded"
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
            payment_id=payment_id,
            arguments={"payment_intent_id": payment_intent_id, "amount": amount},
            idempotency_key=f"{payment_id}:refund",
            next_try_at=now,
            created_at=now,
        )
    )


def work(*, at_most: int = 1000) -> int:
    """Make the calls that are due; returns how many succeeded. Safe to run several at once."""
    done = 0
    for _ in range(at_most):
        call = _take_next(clock.now())
        if call is None:
            break
        done += _make(call)
    return done


def is_refunding(order_id: str) -> bool:
    """Say whether money of the order is on its way back, or will be as soon as Stripe is asked."""
    refund = (Payment.order_id == order_id, OutboxCall.kind == REFUND)
    statement = select(func.count()).select_from(OutboxCall).join(Payment).where(*refund)
    with reading() as session:
        return bool(session.scalar(statement.where(OutboxCall.last_error.is_(None))))


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
        with calls.kept_with(call.payment_id):
            gateway().refund(**call.arguments, idempotency_key=call.idempotency_key)
    except KeySpent:
        _change_key(call)
        return False
    except GatewayMisuse as error:
        if error.code != ALREADY_REFUNDED:
            _give_up(call, str(error))
            return False
    except GatewayError as error:
        log.warning("outbox=%d kind=%s outcome=postponed code=%s", call.id, call.kind, error.code)
        return False
    _finish(call)
    return True


@transaction
def _finish(session: Session, call: OutboxCall) -> None:
    _note(session, call, done_at=clock.now())


@transaction
def _change_key(session: Session, call: OutboxCall) -> None:
    """Ask under another key next time: this one answers with an old failure.

    A payment is given back whole, and Stripe gives nothing back twice: so that is safe.
    """
    log.warning("outbox=%d kind=%s outcome=postponed code=key_spent", call.id, call.kind)
    key = f"{call.payment_id}:refund:{call.attempts}"
    _note(session, call, idempotency_key=key)


@transaction
def _give_up(session: Session, call: OutboxCall, reason: str) -> None:
    """Stop asking for what Stripe refuses, and ask for a human instead."""
    log.error("outbox=%d kind=%s outcome=refused", call.id, call.kind)
    payment = session.get_one(Payment, call.payment_id)
    open_attention(
        session,
        REFUND_FAILED,
        order_id=payment.order_id,
        payment_id=payment.id,
        amount_due=call.arguments["amount"],
        amount_received=payment.amount_received,
        currency=payment.currency,
    )
    _note(session, call, done_at=clock.now(), last_error=reason)


def _note(session: Session, call: OutboxCall, **columns: object) -> None:
    session.execute(update(OutboxCall).where(OutboxCall.id == call.id).values(**columns))
