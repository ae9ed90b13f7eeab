"""Payments of which it isn't known for good what became of them at Stripe."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, and_, or_, select, text

from storefront.lifecycle import Verdict
from storefront.models import Payment
from storefront.models.shop import OPEN_STATUSES

IS_OPEN = and_(text(OPEN_STATUSES), Payment.evidence != Verdict.ASYNC_PAYMENT_FAILED.word)


def silent_since(moment: datetime) -> Select[Payment]:
    """Select the payments that Stripe has an object of, whose end isn't known, and that are silent.

    Also one that isn't the live attempt of its order any more: money could still come by it.
    """
    is_known = or_(Payment.payment_intent_id.is_not(None), Payment.checkout_session_id.is_not(None))
    return select(Payment).where(IS_OPEN, is_known, Payment.updated_at < moment)


def unknown_since(moment: datetime) -> Select[Payment]:
    """Select the live attempts of which nobody knows whether Stripe ever heard."""
    is_unknown = (Payment.payment_intent_id.is_(None), Payment.checkout_session_id.is_(None))
    is_open = (Payment.is_live, IS_OPEN, Payment.created_at < moment)
    return select(Payment).where(*is_open, *is_unknown).order_by(Payment.created_at)
