"""Stripe's events in, moved orders out."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import cast

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.binding import IS_PARKED, parked_for
from storefront.columns import INSERTS
from storefront.config import settings
from storefront.db import LostRace, rowcount_of, transaction
from storefront.decisions import Decision, Outcome, decide
from storefront.evidence import (
    MOVING_EVENTS,
    Event,
    MalformedEvent,
    evidence_of_event,
    evidence_of_reread,
    named_payment,
    read_event,
    read_snapshot,
    without_client_secrets,
)
from storefront.gateway import Answer, gateway
from storefront.lifecycle import Evidence, Verdict
from storefront.models import StripeEvent
from storefront.payments import Advance, advance
from storefront.transitions import note_news

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
    decision = decide(session, answer.snapshot, _evidence_of_answer(answer))
    return _with_parked(session, decision, advance(session, decision))


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
    """Apply the event unless it came before; of several deliveries at once, one is the first.

    What moves an order is written before the event's row: its compare-and-set is the lock that
    every other writer takes first, too, and whoever loses it begins again and finds the row.
    """
    decision = _decide(session, event)
    if decision.payment_id and not decision.changes:
        note_news(session, decision.payment_id)
    if decision.changes:
        done = advance(session, decision)
        if not _insert(session, event, payload, decision):
            _note_what_waited(session, event.id, done)
    elif _insert(session, event, payload, decision):
        done = advance(session, decision)
    else:
        session.connection().execute(_ONCE_MORE, {"of_event": event.id})
        return Advance(Outcome.DUPLICATE)
    return _with_parked(session, decision, done)


def _note_what_waited(session: Session, event_id: str, done: Advance) -> None:
    """Note what an event that was parked did at last; raises LostRace when it wasn't parked."""
    told = {"of_event": event_id, "now_outcome": done.outcome, "now_payment": done.payment_id}
    if rowcount_of(session.connection().execute(_NO_LONGER_PARKED, told)) != 1:
        raise LostRace


def _with_parked(session: Session, decision: Decision, done: Advance) -> Advance:
    """Apply the events that came before their payment was known here, now that it is."""
    if not (decision.payment and decision.has_parked):
        return done
    its = {"of_payment": decision.payment.id, "of_order": decision.payment.order_id}
    has_calls = done.has_calls
    for row in session.connection().execute(_PARKED, its).all():
        late = advance(session, _decide(session, read_event(json.loads(row.payload))))
        _note_what_waited(session, row.id, late)
        has_calls = has_calls or late.has_calls
    return replace(done, has_calls=has_calls)


def _decide(session: Session, event: Event) -> Decision:
    if event.account is not None:
        return Decision(Outcome.FOREIGN)
    if event.is_live != settings().is_live:
        return Decision(Outcome.MODE_MISMATCH)
    snapshot = read_snapshot(event.object) if event.type in MOVING_EVENTS else None
    if snapshot is None:
        return Decision(Outcome.IGNORED)
    return decide(session, snapshot, evidence_of_event(event, snapshot))


def _insert(session: Session, event: Event, payload: str, decision: Decision) -> bool:
    """Record the event and its outcome; say whether this is its first delivery."""
    snapshot = decision.news and decision.news.snapshot
    row = {
        "id": event.id,
        "type": event.type,
        "created": event.created,
        "api_version": event.api_version,
        "is_live": event.is_live,
        "payload": payload,
        "outcome": decision.outcome,
        "payment_id": decision.payment_id,
        "object_payment_id": snapshot.payment_id if snapshot else named_payment(event),
        "object_order_id": snapshot and snapshot.order_id,
        "received_at": clock.now(),
        "deliveries": 1,
    }
    connection = session.connection()
    statement = _FIRST_DELIVERY[connection.dialect.name]
    return connection.execute(statement, row).scalar() is not None


_FIRST_DELIVERY = {
    dialect: insert(StripeEvent).on_conflict_do_nothing().returning(StripeEvent.id)
    for dialect, insert in INSERTS.items()
}
_THE_EVENT = update(StripeEvent).where(StripeEvent.id == bindparam("of_event"))
_ONCE_MORE = _THE_EVENT.values(deliveries=StripeEvent.deliveries + 1)
_NO_LONGER_PARKED = _THE_EVENT.where(IS_PARKED).values(
    outcome=bindparam("now_outcome"), payment_id=bindparam("now_payment")
)
_PARKED = select(StripeEvent.id, StripeEvent.payload).where(
    *parked_for(bindparam("of_payment"), bindparam("of_order"))
)


def _parse(body: bytes) -> object:
    try:
        return cast("object", json.loads(body.decode()))
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("The body isn't JSON in UTF-8.") from error
