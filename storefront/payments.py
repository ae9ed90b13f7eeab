"""Payments and their orders, moved forward by what Stripe says.

`advance` is the one function that moves them: for the webhook, for the page that a shopper comes
back to, and for every other answer of Stripe's. What it writes is decided by `decisions.decide`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, update
from sqlalchemy.orm import Session

from storefront import catalog, clock, outbox
from storefront.attentions import MISMATCH, open_attention
from storefront.binding import Attempts
from storefront.decisions import Decision, News, Outcome
from storefront.lifecycle import (
    ClosedReason,
    OrderFacts,
    OrderStatus,
    PaymentFacts,
    PaymentStatus,
    Settlement,
    Verdict,
    order_status,
    settlement,
)
from storefront.models import Payment
from storefront.transitions import Move, change_order, record_transitions


@dataclass(frozen=True, slots=True)
class Advance:
    """What applying evidence did, to which payment, and whether it left calls in the outbox."""

    outcome: Outcome
    payment_id: str | None = None
    has_calls: bool = False


def advance(session: Session, decision: Decision) -> Advance:
    """Move the payment and its order as was decided in the same transaction.

    However the same evidence is dealt (late, twice, shuffled), payment and order end in the same
    place. Raises LostRace when somebody changed the order since it was read; nothing may be
    committed then.
    """
    means = None
    if decision.news and decision.payment and decision.changes:
        means = _write(session, decision, decision.payment, decision.news)
    elif decision.news and decision.outcome is Outcome.MISMATCH:
        _flag_mismatch(session, decision.attempts[0], decision.news)
    has_calls = bool(means and means.is_refunded)
    return Advance(decision.outcome, decision.payment_id, has_calls=has_calls)


def _write(
    session: Session, decision: Decision, payment: Row[Any], news: News
) -> Settlement | None:
    """Write the changes and what follows for the order; returns what money meant, if it came."""
    order = OrderFacts(
        closed_reason=payment.order_closed_reason and ClosedReason(payment.order_closed_reason),
        settled_by=payment.order_settled_by,
    )
    after = {
        **payment._asdict(),
        **decision.changes,
        "currency_received": news.snapshot.currency,
    }
    means = _meaning_of_money(session, payment, after, order)
    if means in {Settlement.SETTLES, Settlement.PAID_LATE}:
        order = OrderFacts(closed_reason=order.closed_reason, settled_by=payment.id)
    status = order_status(order, _facts(decision.attempts, after))
    _update_order(session, payment, order, status=status, after=after)
    session.connection().execute(
        _PAYMENT.values(**decision.changes, updated_at=clock.now()), {"of_payment": payment.id}
    )
    cause = news.evidence.event_id or "stripe"
    _record_transitions(session, payment, after, status=status, cause=cause)
    if means and means is not Settlement.SETTLES:
        _flag(session, payment, after, means)
    return means


_PAYMENT = update(Payment).where(Payment.id == bindparam("of_payment"))


def _facts(attempts: Attempts, changed: dict[str, Any]) -> list[PaymentFacts]:
    return [
        PaymentFacts(
            id=row["id"],
            status=PaymentStatus(row["status"]),
            amount_received=row["amount_received"],
            amount_refunded=row["amount_refunded"],
        )
        for row in (changed if each.id == changed["id"] else each._asdict() for each in attempts)
    ]


def _meaning_of_money(
    session: Session, payment: Row[Any], after: dict[str, Any], order: OrderFacts
) -> Settlement | None:
    """Judge money when it comes, and again when Stripe corrects how much it was."""
    is_news = (
        payment.status != after["status"] or payment.amount_received != after["amount_received"]
    )
    if after["status"] != PaymentStatus.SUCCEEDED or not is_news:
        return None
    has_settled = order.settled_by == payment.id
    means = settlement(
        OrderFacts() if has_settled else order,
        due=(payment.order_amount_total, payment.order_currency),
        received=(after["amount_received"], after["currency_received"]),
    )
    if has_settled and means is Settlement.SETTLES:
        return None
    if means is Settlement.PAID_LATE and not catalog.take_again(session, payment.order_id):
        return Settlement.PAID_BUT_SOLD_OUT
    return means


def _update_order(
    session: Session,
    payment: Row[Any],
    order: OrderFacts,
    *,
    status: OrderStatus,
    after: dict[str, Any],
) -> None:
    """Move the order, from the version that was read."""
    values: dict[str, Any] = {"status": status}
    if order.settled_by == payment.id:
        values |= {"settled_by": payment.id, "paid_at": after["paid_at"]}
    change_order(session, payment.order_id, payment.order_version, **values)


def _record_transitions(
    session: Session,
    payment: Row[Any],
    after: dict[str, Any],
    *,
    status: OrderStatus,
    cause: str,
) -> None:
    moved = [(payment.id, payment.status, after["status"]), (None, payment.order_status, status)]
    record_transitions(
        session,
        [
            Move(payment.order_id, payment_id, before, now)
            for payment_id, before, now in moved
            if before != now
        ],
        cause=cause,
    )


def _flag(session: Session, payment: Row[Any], after: dict[str, Any], means: Settlement) -> None:
    open_attention(
        session,
        means,
        order_id=payment.order_id,
        payment_id=payment.id,
        amount_due=payment.order_amount_total,
        amount_received=after["amount_received"],
        currency=after["currency_received"],
    )
    if means.is_refunded:
        outbox.enqueue_refund(
            session,
            payment_id=payment.id,
            payment_intent_id=after["payment_intent_id"],
            amount=after["amount_received"],
        )


def _flag_mismatch(session: Session, payment: Row[Any], news: News) -> None:
    """Money under a strange id is for a human; anything else about it is not."""
    if news.evidence.verdict is Verdict.SUCCEEDED:
        open_attention(
            session,
            MISMATCH,
            order_id=payment.order_id,
            amount_due=payment.order_amount_total,
            amount_received=news.snapshot.amount,
            currency=news.snapshot.currency,
        )
