"""Money that goes back: refunds, and what customers dispute at their banks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storefront.columns import one_of
from storefront.db import Base
from storefront.ids import new_id
from storefront.lifecycle import RefundStatus


class Refund(Base):
    """One refund of a payment; it keeps the furthest status that it has heard.

    Ours are written before Stripe is asked, and have no `stripe_refund_id` until Stripe has told
    it. `actor` is who wanted it: the shop itself, an operator's name, or `stripe` for one that was
    made in the Dashboard.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", "amount_is_positive"),
        CheckConstraint(one_of("status", RefundStatus), "status_is_known"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("refund"))
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), index=True)
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    amount: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    reason: Mapped[str | None]
    actor: Mapped[str]
    failure_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Dispute(Base):
    """What a customer's bank claims back: a flag beside the order, which stays paid.

    Its id is Stripe's; it keeps the latest of its reports, `reported` by Stripe's clock in seconds.
    """

    __tablename__ = "disputes"
    __table_args__ = (CheckConstraint("amount >= 0", "amount_is_not_negative"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"), index=True)
    amount: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    reported: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
