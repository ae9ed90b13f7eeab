"""Stripe's events in, moved orders out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import Table, bindparam, or_, select, update
from sqlalchemy.orm import Session

from storefront import clock, decisions, disputes, payments, refund_reports, refunds
from storefront.binding import IS_PARKED, parked_for
from storefront.columns import INSERTS
from storefront.config import settings
from storefront.db import LostRace, reading, shared_transaction, transaction
from storefront.decisions import Advance, Decision, News, Outcome
from storefront.evidence import (
    CHARGE_REFUNDED,
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
from storefront.models import Payment, StripeEvent
from storefront.prepared import Prepared
from storefront.reports import DISPUTE_EVENTS, REFUND_EVENTS
from storefront.transitions import note_news

log = logging.getLogger(__name__)


def receive(body: bytes, signature: str) -> Advance:
    """Check, store and apply one delivery; when this returns, its outcome is committed.

    The event's row and its effects are one transaction, so a delivery either happened whole or
    will be made again by Stripe. Raises InvalidSignature before anything is parsed, and
    MalformedEvent for signed bytes that aren't an event.
    """
    gateway().verify(body, signature, now=clock.timestamp())
    return _take_in(read_event(_parse(body)), body)


def take_in(document: object) -> Advance:
    """Store and apply an event that was read at Stripe, as if it had been delivered.

    Harmless beside a delivery of the same event, whichever comes first. Raises MalformedEvent.
    """
    return _take_in(read_event(document), json.dumps(document).encode())


def _take_in(event: Event, body: bytes) -> Advance:
    done = _record_and_apply(event, without_client_secrets(body))
    log.info(
        "event=%s type=%s outcome=%s payment=%s",
        event.id, event.type, done.outcome, done.payment_id,
    )  # fmt: skip
    return done


@transaction
def apply_answer(session: Session, answer: Answer) -> Advance:
    """Apply what Stripe answered about an object of ours, in a transaction of its own."""
    decision = decisions.decide(session, answer.snapshot, _evidence_of_answer(answer))
    return _with_parked(session, decision, payments.advance(session, decision))


@transaction
def apply_again(session: Session, event_id: str) -> Advance:
    """Apply a stored event once more, and note what it did if it did something new.

    Harmless: what it says was either heard before, or is missing here. Raises NoResultFound.
    """
    stored = session.get_one(StripeEvent, event_id)
    event = read_event(json.loads(stored.payload))
    decision = _decide(session, event)
    if not decision.changes and decision.outcome in {Outcome.STALE, stored.outcome}:
        return Advance(decision.outcome, decision.payment_id)
    done = _with_parked(session, decision, _advance(session, event, decision))
    stored.outcome, stored.payment_id = done.outcome, done.payment_id
    return done


def weigh(answer: Answer) -> Decision:
    """Say what an answer would change, and change nothing."""
    with reading() as session:
        return decisions.decide(session, answer.snapshot, _evidence_of_answer(answer))


def weigh_event(document: object) -> Decision:
    """Say what an event would change if it came now for the first time, and change nothing."""
    with reading() as session:
        return _decide(session, read_event(document))


def _evidence_of_answer(answer: Answer) -> Evidence:
    """Tell what an answer proves.

    The answer to a creation may be Stripe's copy of the first one, however late it was asked for:
    it says that the object was made, and nothing about now.
    """
    if answer.is_creation:
        return Evidence(Verdict.CREATED, answer.as_of)
    return evidence_of_reread(answer.snapshot, as_of=answer.as_of)


@shared_transaction
def _record_and_apply(session: Session, event: Event, payload: str) -> Advance:
    """Apply the event unless it came before; of several deliveries at once, one is the first.

    What moves an order is written before the event's row: its compare-and-set is the lock that
    every other writer takes first, too, and whoever loses it begins again and finds the row. So one
    that is recorded and still changes something was parked, or came when it couldn't be understood.
    """
    decision = _decide(session, event)
    if decision.changes:
        done = _advance(session, event, decision)
        if not _insert(session, event, payload, decision):
            told = {"now_outcome": done.outcome, "now_payment": done.payment_id}
            _AT_LAST.execute(session, of_event=event.id, **told)
    elif _insert(session, event, payload, decision):
        done = _advance(session, event, decision)
        note_news(session, decision.payment_id)
    else:
        _ONCE_MORE.execute(session, of_event=event.id)
        note_news(session, decision.payment_id)
        return Advance(Outcome.DUPLICATE)
    return _with_parked(session, decision, done)


def _apply_waiting(session: Session, event_id: str, payload: str) -> Advance:
    """Apply an event that was parked, and note what it did; raises LostRace when it wasn't."""
    event = read_event(json.loads(payload))
    done = _advance(session, event, _decide(session, event))
    told = {"of_event": event_id, "now_outcome": done.outcome, "now_payment": done.payment_id}
    if _NO_LONGER_PARKED.execute(session, **told) != 1:
        raise LostRace
    return done


def _with_parked(session: Session, decision: Decision, done: Advance) -> Advance:
    """Apply the events that came before their payment was known here, now that it is."""
    if not (decision.payment and decision.has_parked):
        return done
    its = {
        "of_payment": decision.payment.id,
        "of_order": decision.payment.order_id,
        "of_intent": decision.named and decision.named.payment_intent_id,
    }
    has_calls = done.has_calls
    for row in _PARKED.rows(session, **its):
        late = _apply_waiting(session, row.id, row.payload)
        has_calls = has_calls or late.has_calls
    return replace(done, has_calls=has_calls)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a family of events is about: how one of them is weighed, and how it is applied."""

    decide: Callable[[Session, Event], Decision]
    advance: Callable[[Session, Decision], Advance]


@transaction
def apply_parked(session: Session, event_id: str) -> bool:
    """Apply an event that waits, if its payment is known by now; say whether it is."""
    payload = session.connection().execute(_PAYLOAD, {"of_event": event_id}).scalar()
    if payload is None:
        return False
    return _apply_waiting(session, event_id, payload).outcome is not Outcome.PARKED


def _decide(session: Session, event: Event) -> Decision:
    if event.account is not None:
        return Decision(Outcome.FOREIGN)
    if event.is_live != settings().is_live:
        return Decision(Outcome.MODE_MISMATCH)
    subject = SUBJECTS.get(event.type)
    return subject.decide(session, event) if subject else Decision(Outcome.IGNORED)


def _advance(session: Session, event: Event, decision: Decision) -> Advance:
    subject = SUBJECTS.get(event.type)
    return subject.advance(session, decision) if subject else Advance(decision.outcome)


def _decide_payment(session: Session, event: Event) -> Decision:
    snapshot = read_snapshot(event.object)
    if snapshot is None:
        return Decision(Outcome.IGNORED)
    return decisions.decide(session, snapshot, evidence_of_event(event, snapshot))


def _advance_refunded_charge(session: Session, decision: Decision) -> Advance:
    """Take it as proof that money came, and ask Stripe for the refunds themselves."""
    done = payments.advance(session, decision)
    if decision.payment and isinstance(decision.news, News):
        key = decision.news.evidence.event_id or ""
        refunds.enqueue_listing(session, decision.payment.id, key=key)
        return replace(done, has_calls=True)
    return done


SUBJECTS: Mapping[str, Subject] = {
    **dict.fromkeys(MOVING_EVENTS, Subject(_decide_payment, payments.advance)),
    CHARGE_REFUNDED: Subject(_decide_payment, _advance_refunded_charge),
    **dict.fromkeys(REFUND_EVENTS, Subject(refund_reports.decide, refund_reports.advance)),
    **dict.fromkeys(DISPUTE_EVENTS, Subject(disputes.decide, disputes.advance)),
}
# Every type that can move something: what is asked for when deliveries were missed.
HEARD = tuple(sorted(SUBJECTS))


def _insert(session: Session, event: Event, payload: str, decision: Decision) -> bool:
    """Record the event and its outcome; say whether this is its first delivery."""
    named = decision.named
    row = {
        "id": event.id,
        "type": event.type,
        "created": event.created,
        "api_version": event.api_version,
        "is_live": event.is_live,
        "payload": payload,
        "outcome": decision.outcome,
        "payment_id": decision.payment_id,
        "object_payment_id": named.payment_id if named else named_payment(event),
        "object_order_id": named and named.order_id,
        "object_payment_intent_id": named and named.payment_intent_id,
        "received_at": clock.now(),
        "deliveries": 1,
    }
    statement = _FIRST_DELIVERY[session.get_bind().dialect.name]
    return statement.execute(session, **row) == 1


_events = cast("Table", StripeEvent.__table__)
_FIRST_DELIVERY = {
    dialect: Prepared(insert(_events).on_conflict_do_nothing())
    for dialect, insert in INSERTS.items()
}
_THE_EVENT = update(_events).where(_events.c.id == bindparam("of_event"))
_AGAIN = _THE_EVENT.values(deliveries=_events.c.deliveries + 1)
_NOW: dict[str, Any] = {"outcome": bindparam("now_outcome"), "payment_id": bindparam("now_payment")}
_ONCE_MORE, _AT_LAST = Prepared(_AGAIN), Prepared(_AGAIN.values(_NOW))
_NO_LONGER_PARKED = Prepared(_THE_EVENT.where(IS_PARKED).values(_NOW))
_PARKED = Prepared(
    select(_events.c.id, _events.c.payload).where(
        *parked_for(bindparam("of_payment"), bindparam("of_order"), bindparam("of_intent"))
    )
)
_PAYLOAD = select(StripeEvent.payload).where(StripeEvent.id == bindparam("of_event"), IS_PARKED)
# The payment's own news applies what waits for it as it comes; this is what was parked in the very
# moment of it.
PARKED_IN_VAIN = select(StripeEvent).where(
    IS_PARKED,
    or_(
        StripeEvent.object_payment_id.in_(select(Payment.id)),
        StripeEvent.object_payment_intent_id.in_(select(Payment.payment_intent_id)),
        StripeEvent.object_order_id.in_(select(Payment.order_id))
        & StripeEvent.object_payment_id.is_(None),
    ),
)


def _parse(body: bytes) -> object:
    try:
        return cast("object", json.loads(body.decode()))
    except (ValueError, RecursionError) as error:
        raise MalformedEvent("The body isn't JSON in UTF-8.") from error
