"""Payments and their orders, moved forward by what Stripe says.

`advance` is the one function that moves them: for the webhook, for the page that a shopper comes
back to, and for every other answer of Stripe's. What it writes is decided by `decisions.decide`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from storefront import catalog, refunds
from storefront.attentions import MISMATCH, open_attention, open_unless_open
from storefront.decisions import Advance, Decision, News, Outcome
from storefront.lifecycle import OrderFacts, PaymentStatus, Settlement, Verdict, settlement
from storefront.standing import change_payment, order_facts

SETTLING = {Settlement.SETTLES, Settlement.PAID_LATE}


def advance(session: Session, decision: Decision) -> Advance:
    """Move the payment and its order as was decided in the same transaction.

    However the same evidence is dealt (late, twice, shuffled), payment and order end in the same
    place. Raises LostRace when somebody changed the order since it was read; nothing may be
    committed then.
    """
    has_calls = False
    if isinstance(decision.news, News):
        if decision.payment and decision.changes:
            has_calls = _write(session, decision, decision.payment, decision.news)
        elif decision.outcome is Outcome.MISMATCH:
            _flag_mismatch(session, decision.attempts[0], decision.news)
    return Advance(decision.outcome, decision.payment_id, has_calls=has_calls)


def _write(session: Session, decision: Decision, payment: Row[Any], news: News) -> bool:
    """Write the changes and what follows for the order; say whether money has to go back."""
    order = order_facts(payment)
    after = {
        **payment._asdict(),
        **decision.changes,
        "currency_received": news.snapshot.currency,
    }
    means = _meaning_of_money(session, payment, after, order)
    if means in SETTLING:
        order = OrderFacts(closed_reason=order.closed_reason, settled_by=payment.id)
    cause = news.evidence.event_id or "stripe"
    change_payment(session, decision.attempts, payment, decision.changes, order=order, cause=cause)
    if means and means is not Settlement.SETTLES:
        _flag(session, payment, after, means)
    return bool(means and means.is_refunded)


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
        refunds.give_back_the_rest(
            session,
            payment.id,
            received=after["amount_received"],
            currency=after["currency_received"],
            reason=means,
        )


def _flag_mismatch(session: Session, payment: Row[Any], news: News) -> None:
    """Money under a strange id is for a human; anything else about it is not.

    Each of its events tells of the same money, so it is asked for once.
    """
    snapshot = news.snapshot
    if news.evidence.verdict is Verdict.SUCCEEDED:
        open_unless_open(
            session,
            MISMATCH,
            order_id=payment.order_id,
            stripe_id=snapshot.payment_intent_id or snapshot.checkout_session_id,
            amount_due=payment.order_amount_total,
            amount_received=snapshot.amount,
            currency=snapshot.currency,
        )
