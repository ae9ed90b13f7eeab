"""Money given back: decided here and asked of Stripe, or made in the Dashboard and told to us.

A refund of ours is written before Stripe is asked, and counts as given back once Stripe has told
its id. Until then it is reserved, so that two refunds at once can't exceed what was received.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update
from sqlalchemy.orm import Session

from storefront import clock, outbox
from storefront.attentions import EXTERNAL_REFUND, REFUND_FAILED, open_attention
from storefront.binding import Unbound, attempts_of_its_order, attempts_of_order, bind
from storefront.db import reading, transaction
from storefront.decisions import Advance, Decision, Outcome
from storefront.evidence import Event
from storefront.ids import new_id
from storefront.lifecycle import PaymentStatus, RefundStatus
from storefront.models import Order, Payment, Refund
from storefront.money import format_money
from storefront.reports import RefundReport, read_refund
from storefront.standing import change_payment, order_facts
from storefront.transitions import change_order

SHOP, STRIPE = "shop", "stripe"
# Somebody else gave the money back, in the Dashboard for instance: what was wanted has happened.
ALREADY_REFUNDED = "charge_already_refunded"


class NotRefundable(Exception):
    """Nothing was refunded; the sentence says why, and what could be."""


@transaction
def refund(
    session: Session, payment_id: str, *, amount: int | None, reason: str, actor: str
) -> str:
    """Decide to give back `amount` of a payment, or all that is left; returns our refund's id.

    Stripe is asked through the outbox, under a key of the refund's row. The order's version makes
    two at once decide one after the other. Raises NotRefundable.
    """
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotRefundable(f"There is no payment {payment_id}.")
    [row] = [one for one in attempts_of_order(session, payment.order_id) if one.id == payment_id]
    if row.status != PaymentStatus.SUCCEEDED:
        raise NotRefundable(f"The payment is {row.status}: no money of it is here to give back.")
    left = row.amount_received - _claimed(session, payment_id)
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        can_be = format_money(left, row.currency, "en")
        raise NotRefundable(f"{can_be} of the payment can be given back ({left} in minor units).")
    change_order(session, row.order_id, row.order_version)
    return _write(
        session, payment_id, amount=wanted, currency=row.currency, reason=reason, actor=actor
    )


def give_back_the_rest(
    session: Session, payment_id: str, *, received: int, currency: str, reason: str
) -> None:
    """Decide, in the caller's transaction, to give back what is left of money that doesn't fit."""
    left = received - _claimed(session, payment_id)
    if left > 0:
        _write(session, payment_id, amount=left, currency=currency, reason=reason, actor=SHOP)


def decide(session: Session, event: Event) -> Decision:
    """Find the refund that an event is about, and say what it changes of it."""
    report = read_refund(event.object)
    return decide_report(session, report) if report else Decision(Outcome.IGNORED)


@transaction
def apply_report(session: Session, report: RefundReport) -> Advance:
    """Apply what Stripe answered about a refund, in a transaction of its own."""
    return advance(session, decide_report(session, report))


def decide_report(session: Session, report: RefundReport) -> Decision:
    """Find the refund that Stripe tells about, and say what that changes of it."""
    attempts = attempts_of_its_order(session, report)
    payment = bind(attempts, report)
    if isinstance(payment, Unbound):
        return Decision(Outcome(payment), report, attempts)
    changes = _changes(_known(session, payment.id, report), report)
    outcome = Outcome.APPLIED if changes else Outcome.STALE
    return Decision(outcome, report, attempts, payment, changes)


def advance(session: Session, decision: Decision) -> Advance:
    """Write the refund as was decided, and move its payment and order with it.

    Raises LostRace when somebody changed the order since it was read.
    """
    report, payment = decision.news, decision.payment
    if isinstance(report, RefundReport) and payment and decision.changes:
        before = _known(session, payment.id, report)
        given_back = _given_back(session, payment, decision, before)
        is_news = given_back != payment.amount_refunded
        change_payment(
            session,
            decision.attempts,
            payment,
            {"amount_refunded": given_back} if is_news else {},
            order=order_facts(payment),
            cause=report.id,
        )
        _save(session, payment.id, decision.changes, before)
        _flag(session, payment, report, before)
    return Advance(decision.outcome, decision.payment_id)


def enqueue_listing(session: Session, payment_id: str, *, key: str) -> None:
    """Decide, in the caller's transaction, to ask Stripe for all refunds of a payment."""
    outbox.enqueue(session, outbox.LIST_REFUNDS, payment_id, idempotency_key=f"{key}:list_refunds")


@transaction
def note_refusal(session: Session, refund_id: str, code: str | None) -> None:
    """Note that Stripe will not make a refund of ours, and ask for a human instead.

    Unless all of the money has gone back another way: then what was wanted has happened.
    """
    refund = session.get_one(Refund, refund_id)
    payment = session.get_one(Payment, refund.payment_id)
    if refund.stripe_refund_id or RefundStatus(refund.status).is_returned:
        return
    order = session.get_one(Order, payment.order_id)
    change_order(session, order.id, order.version)
    is_done = code == ALREADY_REFUNDED
    refund.status = RefundStatus.CANCELED if is_done else RefundStatus.FAILED
    refund.failure_reason, refund.updated_at = code, clock.now()
    if not is_done:
        open_attention(
            session,
            REFUND_FAILED,
            order_id=payment.order_id,
            payment_id=payment.id,
            amount_due=refund.amount,
            amount_received=payment.amount_received,
            currency=refund.currency,
        )


def is_refunding(order_id: str) -> bool:
    """Say whether money of the order has gone back, or will as soon as Stripe is asked."""
    statement = select(func.count()).select_from(Refund).join(Payment)
    with reading() as session:
        return bool(session.scalar(statement.where(Payment.order_id == order_id, _IS_MEANT)))


_IS_MEANT = Refund.status.not_in([status for status in RefundStatus if status.is_returned])


def _write(
    session: Session, payment_id: str, *, amount: int, currency: str, reason: str, actor: str
) -> str:
    now, refund_id = clock.now(), new_id("refund")
    session.execute(
        insert(Refund).values(
            id=refund_id,
            payment_id=payment_id,
            amount=amount,
            currency=currency,
            status=RefundStatus.PENDING,
            reason=reason,
            actor=actor,
            created_at=now,
            updated_at=now,
        )
    )
    outbox.enqueue(
        session,
        outbox.REFUND,
        payment_id,
        idempotency_key=f"{refund_id}:create",
        refund_id=refund_id,
    )
    return refund_id


def _sum_of(session: Session, payment_id: str, *conditions: ColumnElement[bool]) -> int:
    its = (Refund.payment_id == payment_id, _IS_MEANT, *conditions)
    return int(session.scalar(select(func.coalesce(func.sum(Refund.amount), 0)).where(*its)) or 0)


def _claimed(session: Session, payment_id: str) -> int:
    """Return how much of a payment has gone back or is meant to, in minor units."""
    return _sum_of(session, payment_id)


def _given_back(
    session: Session, payment: Row[Any], decision: Decision, before: Row[Any] | None
) -> int:
    """Return how much of the payment has gone back once the refund is what was decided.

    What was received bounds it: Stripe never gives back more, but it may tell of a refund before
    it tells that another failed.
    """
    known = Refund.stripe_refund_id.is_not(None)
    others = (known, Refund.id != before.id) if before else (known,)
    total = _sum_of(session, payment.id, *others)
    after = {**(before._asdict() if before else {}), **decision.changes}
    if not RefundStatus(after["status"]).is_returned:
        total += after["amount"]
    is_received = payment.status == PaymentStatus.SUCCEEDED
    return min(total, payment.amount_received) if is_received else total


def _known(session: Session, payment_id: str, report: RefundReport) -> Row[Any] | None:
    """Return our row of the refund: by Stripe's id, or by ours when it has none of Stripe's yet."""
    is_waiting = (Refund.id == report.refund_id) & Refund.stripe_refund_id.is_(None)
    statement = select(*Refund.__table__.c).where(
        Refund.payment_id == payment_id, or_(Refund.stripe_refund_id == report.id, is_waiting)
    )
    return session.execute(statement).one_or_none()


def _changes(known: Row[Any] | None, report: RefundReport) -> dict[str, Any]:
    """Return the refund's columns that the report changes; none when it is old news."""
    if known is None:
        return {
            "id": new_id("refund"),
            "stripe_refund_id": report.id,
            "amount": report.amount,
            "currency": report.currency,
            "status": report.status,
            "reason": report.reason,
            "actor": STRIPE,
            "failure_reason": report.failure_reason,
        }
    told: dict[str, Any] = {"stripe_refund_id": report.id, "amount": report.amount}
    if report.status.rank > RefundStatus(known.status).rank:
        told |= {"status": report.status, "failure_reason": report.failure_reason}
    return {name: value for name, value in told.items() if value != getattr(known, name)}


def _save(session: Session, payment_id: str, changes: Any, before: Row[Any] | None) -> None:
    now = clock.now()
    if before:
        statement = update(Refund).where(Refund.id == before.id)
        session.execute(statement.values(**changes, updated_at=now))
    else:
        values = {**changes, "payment_id": payment_id, "created_at": now, "updated_at": now}
        session.execute(insert(Refund).values(**values))


def _flag(
    session: Session, payment: Row[Any], report: RefundReport, before: Row[Any] | None
) -> None:
    """Ask for a human when a refund is none of ours, and when one didn't arrive."""
    about = {
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "amount_due": report.amount,
        "amount_received": payment.amount_received,
        "currency": report.currency,
    }
    if before is None:
        open_attention(session, EXTERNAL_REFUND, **about)
    has_failed_before = before and before.status == RefundStatus.FAILED
    if report.status is RefundStatus.FAILED and not has_failed_before:
        open_attention(session, REFUND_FAILED, **about)
