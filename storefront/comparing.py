"""Stripe's objects and our payments, laid side by side.

What moved without our hearing of it is applied, what an attempt made without our learning its id
is adopted, an attempt that made nothing is closed, and what only one side knows is told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from storefront import attempts, clock, cursors, events, refund_reports
from storefront.attentions import MISMATCH, UNKNOWN_PAYMENT, flag_once, is_resolved
from storefront.config import settings
from storefront.db import is_unavailable, reading
from storefront.decisions import Decision, Outcome
from storefront.evidence import Snapshot, evidence_of_reread
from storefront.gateway import Answer, gateway
from storefront.gateway_errors import GatewayError, GatewayMisuse, GatewayUnavailable
from storefront.lifecycle import Flow, PaymentStatus, Verdict
from storefront.models import Order, Payment
from storefront.open_payments import silent_since, unknown_since
from storefront.settled import UNSEEN, with_what_is_known

log = logging.getLogger(__name__)

COMPARED, READ = "compared", "reconcile"
# What is younger may be under way at this moment, in somebody's request.
UNDER_WAY = timedelta(minutes=1)
MOST_READS = 1000


class Money(NamedTuple):
    """An amount on which the two sides differ, in minor units."""

    stripe_id: str
    amount: int
    currency: str


@dataclass(slots=True)
class Comparison:
    """What a round found, and what it did about it (or, in a dry run, would have done)."""

    is_dry_run: bool = False
    compared: int = 0
    changed: int = 0
    closed: int = 0
    postponed: int = 0
    strangers: dict[str, Snapshot] = field(default_factory=dict)
    paid_there: dict[str, Money] = field(default_factory=dict)
    paid_here: dict[str, Money] = field(default_factory=dict)
    refunded: dict[str, Money] = field(default_factory=dict)
    _seen: set[str | None] = field(default_factory=set)
    _paid: set[str | None] = field(default_factory=set)

    @property
    def has_gap(self) -> bool:
        """True while one side calls something paid, or given back, that the other doesn't."""
        return bool(self.paid_there or self.paid_here or self.refunded)

    def take(self, answer: Answer, *, is_settled: bool = False) -> None:
        """Compare one object; one that fails by a bug of ours doesn't keep the others out.

        Of one that is settled only the money is noted: there is nothing to compare.
        """
        if answer.snapshot.store_id != settings().store_id:
            return
        self.compared += 1
        self._seen.add(answer.snapshot.payment_id)
        verdict = evidence_of_reread(answer.snapshot, as_of=answer.as_of).verdict
        if verdict is Verdict.SUCCEEDED and is_settled:
            self._note_paid(answer.snapshot)
        if is_settled:
            return
        try:
            self._take(answer, verdict)
        except Exception as error:
            if is_unavailable(error) or isinstance(error, GatewayUnavailable):
                raise
            log.exception("object=%s reconcile=failed", _name(answer.snapshot))
            self.postponed += 1

    def _take(self, answer: Answer, verdict: Verdict) -> None:
        snapshot, decision = answer.snapshot, events.weigh(answer)
        if decision.payment is None:
            self._meet(snapshot, decision, verdict)
            return
        self.changed += bool(decision.changes.keys() - UNSEEN)
        if decision.changes and not self.is_dry_run:
            events.apply_answer(answer)
        if verdict is Verdict.SUCCEEDED:
            self._note_paid(snapshot)
            self._count(snapshot, decision.payment)

    def _note_paid(self, snapshot: Snapshot) -> None:
        self._paid |= {snapshot.payment_intent_id, snapshot.checkout_session_id} - {None}

    def _count(self, snapshot: Snapshot, payment: Row[Any]) -> None:
        """Compare the money of one that is paid at Stripe; `payment` is as it was before."""
        given_back = snapshot.amount_refunded
        if self.is_dry_run and payment.status != PaymentStatus.SUCCEEDED:
            self._miss(snapshot)
        elif given_back is not None and given_back != payment.amount_refunded:
            self._list_refunds(_name(snapshot), payment.id, given_back)

    def _list_refunds(self, intent_id: str, payment_id: str, given_back: int) -> None:
        """Learn of every refund of a payment, and say so if that doesn't explain Stripe's sum."""
        if not self.is_dry_run:
            for report in gateway().refunds_of(intent_id):
                refund_reports.apply_report(report)
        payment = _payment(payment_id)
        difference = given_back - payment.amount_refunded
        if difference:
            self.refunded[intent_id] = Money(intent_id, difference, payment.currency)
        else:
            self.changed += 1

    def _meet(self, snapshot: Snapshot, decision: Decision, verdict: Verdict) -> None:
        """Tell of an object with our name that no payment here is; a human decides about it."""
        if not (verdict.is_live or verdict is Verdict.SUCCEEDED):
            return
        order = _order_of(snapshot, decision)
        reason = MISMATCH if decision.outcome is Outcome.MISMATCH else UNKNOWN_PAYMENT
        about = _columns(order, snapshot, verdict) if order else {}
        if order and is_resolved(reason, **about):
            return
        self.strangers[_name(snapshot)] = snapshot
        if verdict is Verdict.SUCCEEDED:
            self._miss(snapshot)
        if order and not self.is_dry_run:
            flag_once(reason, **about)

    def _miss(self, snapshot: Snapshot) -> None:
        name = _name(snapshot)
        self.paid_there[name] = Money(name, snapshot.amount, snapshot.currency)

    def close_unmade(self, before: datetime) -> None:
        """Close the attempts of before that made nothing: all objects since then have been seen."""
        with reading() as session:
            unknown = session.scalars(unknown_since(before)).all()
        for payment in unknown:
            if payment.id not in self._seen:
                self.closed += self.is_dry_run or attempts.close_unmade(payment.id)

    def read_others(self, before: datetime) -> None:
        """Read the open payments that are older than what was listed, each in turn."""
        waiting, by = silent_since(before), (Payment.updated_at, Payment.id)
        moves = not self.is_dry_run
        for payment_id in cursors.next_in_turn(READ, waiting, by, at_most=MOST_READS, moves=moves):
            if payment_id not in self._seen:
                self._read(payment_id)

    def _read(self, payment_id: str) -> None:
        payment = _payment(payment_id)
        try:
            if self.is_dry_run:
                self.take(_retrieve(payment))
                return
            self.compared += 1
            attempts.bring_about(payment)
        except attempts.AttemptGone:
            self.closed += 1
        except GatewayError as error:
            log.warning(
                "payment=%s reconcile=postponed reason=%s", payment_id, type(error).__name__
            )
            self.postponed += 1
        else:
            self.changed += _payment(payment_id).status != payment.status

    def look_for_money(self, since: datetime) -> None:
        """Check that what has been paid here since then is paid at Stripe."""
        is_paid = (Payment.status == PaymentStatus.SUCCEEDED, Payment.created_at >= since)
        with reading() as session:
            paid = session.scalars(select(Payment).where(*is_paid)).all()
        for payment in paid:
            names = {payment.payment_intent_id, payment.checkout_session_id}
            if not names & self._paid and not _is_paid_at_stripe(payment):
                name = payment.payment_intent_id or payment.id
                self.paid_here[name] = Money(name, payment.amount_received, payment.currency)


def compare(*, within: timedelta, is_dry_run: bool = False) -> Comparison:
    """Compare what was made during this time, or since the last round if that is longer ago.

    And what is older as far as it is open. Safe to run several at once. Raises the gateway's
    errors; what was done by then stays, and the next round begins where this one did.
    """
    began, position = clock.now(), cursors.position_of(COMPARED)
    since, before = _since(began - within, position), began - UNDER_WAY
    done = Comparison(is_dry_run=is_dry_run)
    for answer, is_settled in with_what_is_known(_objects(since)):
        done.take(answer, is_settled=is_settled)
    done.close_unmade(before)
    done.read_others(before)
    done.look_for_money(since)
    if not is_dry_run:
        cursors.move(COMPARED, before=position, after=str(int(began.timestamp())))
    return done


def _since(moment: datetime, position: str) -> datetime:
    """Go back to the oldest attempt that may have made something, too."""
    moments = [moment]
    if position:
        moments.append(datetime.fromtimestamp(int(position), moment.tzinfo))
    with reading() as session:
        oldest = session.scalar(unknown_since(clock.now()).limit(1))
    if oldest:
        moments.append(oldest.created_at)
    return min(moments)


def _objects(since: datetime) -> Iterator[Answer]:
    created = int((since - attempts.CLOCK_SKEW).timestamp())
    for flow in Flow:
        yield from gateway().objects(flow, since=created)


def _order_of(snapshot: Snapshot, decision: Decision) -> Order | None:
    known = decision.attempts[0].order_id if decision.attempts else snapshot.order_id
    with reading() as session:
        return session.get(Order, known) if known else None


def _columns(order: Order, snapshot: Snapshot, verdict: Verdict) -> dict[str, str | int | None]:
    return {
        "order_id": order.id,
        "stripe_id": _name(snapshot),
        "amount_due": order.amount_total,
        "amount_received": snapshot.amount if verdict is Verdict.SUCCEEDED else 0,
        "currency": snapshot.currency,
    }


def _payment(payment_id: str) -> Payment:
    with reading() as session:
        return session.get_one(Payment, payment_id)


def _retrieve(payment: Payment) -> Answer:
    stripe_id = attempts.stripe_id_of(payment)
    if stripe_id:
        return gateway().retrieve(Flow(payment.flow), stripe_id)
    return gateway().retrieve(Flow.PAYMENT_INTENT, payment.payment_intent_id or "")


def _is_paid_at_stripe(payment: Payment) -> bool:
    """Read it by itself: it can have been made before, or paid after, what was listed."""
    try:
        answer = _retrieve(payment)
    except GatewayMisuse as error:
        if error.code != "resource_missing":
            raise
        return False
    return evidence_of_reread(answer.snapshot, as_of=answer.as_of).verdict is Verdict.SUCCEEDED


def _name(snapshot: Snapshot) -> str:
    return snapshot.payment_intent_id or snapshot.checkout_session_id or ""
