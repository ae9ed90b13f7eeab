"""How much of an order's money went back to its customer, and how much of it stays paid."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from storefront.db import reading
from storefront.models import Order, Payment, Refund
from storefront.refunds import IS_MEANT, claimed


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What went back, an amount for each currency; `kept` is in the order's, in minor units."""

    amounts: list[tuple[int, str]]
    kept: int


def given_back(order: Order) -> GivenBack | None:
    """Return what went back by all that Stripe told; None when nothing did.

    Of every attempt: a second payment that went back is the customer's money, too. An order none
    of whose payments has a refund is not asked about.
    """
    if not any(each.amount_refunded for each in order.payments):
        return None
    statement = (
        select(func.sum(Refund.amount), Refund.currency)
        .join(Payment)
        .where(Payment.order_id == order.id, Refund.stripe_refund_id.is_not(None), IS_MEANT)
        .group_by(Refund.currency)
        .order_by(Refund.currency)
    )
    with reading() as session:
        amounts = [(int(amount), currency) for amount, currency in session.execute(statement)]
    settled = [each for each in order.payments if each.id == order.settled_by]
    return GivenBack(amounts, kept=sum(p.amount_received - p.amount_refunded for p in settled))


def is_payment_given_back(payment: Payment) -> bool:
    """Say whether all money of a payment has gone back, or will as soon as Stripe is asked."""
    with reading() as session:
        return claimed(session, payment.id) >= payment.amount_received


def is_given_back(order_id: str) -> bool:
    """Say whether all money of the order has gone back, or will as soon as Stripe is asked."""
    received = select(func.sum(Payment.amount_received)).where(Payment.order_id == order_id)
    returned = select(func.sum(Refund.amount)).join(Payment).where(Payment.order_id == order_id)
    with reading() as session:
        return (session.scalar(returned.where(IS_MEANT)) or 0) >= (session.scalar(received) or 0)
