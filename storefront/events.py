"""Stripe's events in, moved orders out."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import cast

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.columns import insert_into
from storefront.config import settings
from storefront.db import transaction
from storefront.evidence import (
    MOVING_EVENTS,
    Event,
    MalformedEvent,
    Snapshot,
    evidence_of_event,
    evidence_of_reread,
    read_event,
    read_snapshot,
    without_client_secrets,
)
from storefront.gateway import Answer, gateway
from storefront.lifecycle import Evidence, Verdict
from storefront.models import Payment, StripeEvent
from storefront.payments import Advance, Outcome, advance

log = logging.getLogger(__name__)


def receive(body: bytes, signature: str) -> Advance:
    """Check, store and apply one delivery; when this returns, its outcome is committed.

    The event's row and its effects are one transaction, so a delivery either happened whole or
    will be made again by Stripe. Raises InvalidSignature before anything is parsed, and
    MalformedEvent for signed bytes that aren't an event.
    """
    gateway().verify(body, signature, now=clock.timestamp())
    event = read_event(_parse(body))
    done = _record_and_apply(event, without_client_secrets(body))
    log.info(
        "event=%s type=%s outcome=%s payment=%s",
        event.id, event.type, done.outcome, done.payment_id,
    )  # fmt: skip
    return done


@transaction
def apply_answer(session: Session, answer: Answer) -> Advance:
    """Apply what Stripe answered about an object of ours, in a transaction of its own."""
    done = advance(session, answer.snapshot, _evidence_of_answer(answer))
    return _with_parked(session, done)


def _evidence_of_answer(answer: Answer) -> Evidence:
    """Tell what an answer proves.

    The answer to a creation may be Stripe's copy of the first one, however late it was asked for:
    it says that the object was made, and nothing about now.
    """
    if answer.is_creation:
        return Evidence(Verdict.CREATED, answer.as_of)
    return evidence_of_reread(answer.snapshot, as_of=answer.as_of)


@transaction
def _record_and_apply(session: Session, event: Event, payload: str) -> Advance:
    """Insert first: of several deliveries at once, one gets in and the others are duplicates."""
    if not _insert(session, event, payload):
        session.execute(
            update(StripeEvent)
            .where(StripeEvent.id == event.id)
            .values(deliveries=StripeEvent.deliveries + 1)
        )
        return Advance(Outcome.DUPLICATE)
    done = _apply(session, event)
    _note(session, event.id, done)
    return _with_parked(session, done)


def _with_parked(session: Session, done: Advance) -> Advance:
    """Apply the events that came before their payment was known here, now that it is."""
    if done.outcome is not Outcome.APPLIED:
        return done
    order_id = select(Payment.order_id).where(Payment.id == done.payment_id).scalar_subquery()
    is_its = or_(
        StripeEvent.object_payment_id == done.payment_id, StripeEvent.object_order_id == order_id
    )
    parked = select(StripeEvent.id, StripeEvent.payload).where(
        StripeEvent.outcome == Outcome.PARKED, is_its
    )
    has_calls = done.has_calls
    for row in session.execute(parked).all():
        late = _apply(session, read_event(json.loads(row.payload)))
        _note(session, row.id, late)
        has_calls = has_calls or late.has_calls
    return replace(done, has_calls=has_calls)


def _apply(session: Session, event: Event) -> Advance:
    if event.account is not None:
        return Advance(Outcome.FOREIGN)
    if event.is_live != settings().is_live:
        return Advance(Outcome.MODE_MISMATCH)
    snapshot = _snapshot_of(event)
    if snapshot is None:
        return Advance(Outcome.IGNORED)
    return advance(session, snapshot, evidence_of_event(event, snapshot))


def _snapshot_of(event: Event) -> Snapshot | None:
    return read_snapshot(event.object) if event.type in MOVING_EVENTS else None


def _insert(session: Session, event: Event, payload: str) -> bool:
    """Say whether this is the event's first delivery."""
    snapshot = _snapshot_of(event)
    statement = (
        insert_into(session, StripeEvent)
        .values(
            id=event.id,
            type=event.type,
            created=event.created,
            api_version=event.api_version,
            is_live=event.is_live,
            payload=payload,
            outcome=Outcome.APPLIED,
            object_payment_id=snapshot.payment_id if snapshot else None,
            object_order_id=snapshot.order_id if snapshot else None,
            received_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(StripeEvent.id)
    )
    return session.scalar(statement) is not None


def _note(session: Session, event_id: str, done: Advance) -> None:
    session.execute(
        update(StripeEvent)
        .where(StripeEvent.id == event_id)
        .values(outcome=done.outcome, payment_id=done.payment_id)
    )


def _parse(body: bytes) -> object:
    try:
        return cast("object", json.loads(body.decode()))
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("The body isn't JSON in UTF-8.") from error
