"""Money that is to go back: decided here, by an operator or the shop itself, and asked of Stripe.

A refund is written before Stripe is asked and reserves its amount, so that two at once can't
exceed what was received. It counts as given back once Stripe has told of it: `refund_reports`.
"""

from __future__ import annotations

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from storefront import clock, outbox
from storefront.attentions import REFUND_FAILED, open_attention_about
from storefront.binding import attempts_of_order
from storefront.db import transaction
from storefront.ids import new_id
from storefront.lifecycle import PaymentStatus, RefundStatus
from storefront.models import Order, Payment, Refund
from storefront.money import format_money
from storefront.transitions import change_order

SHOP = "shop"
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
    left = row.amount_received - claimed(session, payment_id)
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        can_be = format_money(left, row.currency, "en")
        raise NotRefundable(f"{can_be} of the payment can be given back ({left} in minor units).")
    change_order(session, row.order_id, row.order_version)
    return _write(
        session, payment_id, amount=wanted, currency=row.currency, reason=reason, actor=actor
    )


def give_back_the_rest(
    session: Session, payment_id: str, *, received: int, currency: str, reason: str | None
) -> None:
    """Decide, in the caller's transaction, to give back what is left of money that doesn't fit."""
    left = received - claimed(session, payment_id)
    if left > 0:
        _write(session, payment_id, amount=left, currency=currency, reason=reason, actor=SHOP)


def enqueue_listing(session: Session, payment_id: str, *, key: str) -> None:
    """Decide, in the caller's transaction, to ask Stripe for all refunds of a payment."""
    outbox.enqueue(session, outbox.LIST_REFUNDS, payment_id, idempotency_key=f"{key}:list_refunds")


@transaction
def note_refusal(session: Session, refund_id: str, code: str | None) -> None:
    """Note that Stripe will not make a refund of ours, and ask for a human instead.

    Unless money has gone back another way meanwhile: all of it, then what was wanted has happened;
    a part, then what the shop decided by itself is meant for the rest.
    """
    its = select(Payment).join(Refund).where(Refund.id == refund_id)
    payment = session.scalars(its).one()
    order = session.get_one(Order, payment.order_id)
    refund = session.get_one(Refund, refund_id)  # after the order, whose version guards it
    if refund.stripe_refund_id or RefundStatus(refund.status).is_returned:
        return
    change_order(session, order.id, order.version)
    refund.status, refund.failure_reason = RefundStatus.CANCELED, code
    refund.updated_at = clock.now()
    session.flush()
    left = payment.amount_received - claimed(session, payment.id)
    if refund.actor == SHOP and 0 < left < refund.amount:
        give_back_the_rest(
            session,
            payment.id,
            received=payment.amount_received,
            currency=refund.currency,
            reason=refund.reason,
        )
    elif code != ALREADY_REFUNDED:
        refund.status = RefundStatus.FAILED
        open_attention_about(
            session, REFUND_FAILED, payment, amount=refund.amount, currency=refund.currency
        )


# What has gone back, or will as soon as Stripe is asked.
IS_MEANT = Refund.status.not_in([status for status in RefundStatus if status.is_returned])


def _write(
    session: Session, payment_id: str, *, amount: int, currency: str, reason: str | None, actor: str
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


def claimed(session: Session, payment_id: str) -> int:
    """Return how much of a payment has gone back or is meant to, in minor units."""
    statement = select(func.coalesce(func.sum(Refund.amount), 0))
    return int(session.scalar(statement.where(Refund.payment_id == payment_id, IS_MEANT)) or 0)
