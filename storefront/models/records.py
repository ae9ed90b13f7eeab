"""What happened: Stripe's events, the history, what a human should see, calls still to be made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storefront.columns import Serial, index_where
from storefront.db import Base


class StripeEvent(Base):
    """The inbox: every signed event once, with what it did. No client_secret in its payload."""

    __tablename__ = "stripe_events"
    __table_args__ = (
        index_where("ix_stripe_events_parked_payment", "object_payment_id", "outcome = 'parked'"),
        index_where("ix_stripe_events_named_payment", "object_payment_id", "payment_id IS NULL"),
        index_where("ix_stripe_events_parked_order", "object_order_id", "outcome = 'parked'"),
        index_where(
            "ix_stripe_events_parked_intent", "object_payment_intent_id", "outcome = 'parked'"
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    created: Mapped[int]
    api_version: Mapped[str | None]
    is_live: Mapped[bool]
    payload: Mapped[str]
    outcome: Mapped[str]
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payments.id"), index=True)
    object_payment_id: Mapped[str | None]
    object_order_id: Mapped[str | None]
    object_payment_intent_id: Mapped[str | None]
    received_at: Mapped[datetime]
    deliveries: Mapped[int] = mapped_column(default=1)


class Transition(Base):
    """The history of orders and payments, never changed afterwards."""

    __tablename__ = "transitions"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payments.id"))
    before: Mapped[str | None]
    after: Mapped[str]
    cause: Mapped[str]
    at: Mapped[datetime]


class Attention(Base):
    """Why a human should look at an order."""

    __tablename__ = "attentions"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payments.id"))
    reason: Mapped[str]
    sentence: Mapped[str]
    amount_due: Mapped[int | None]
    amount_received: Mapped[int | None]
    currency: Mapped[str]
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]


class OutboxCall(Base):
    """A call to Stripe that a transaction decided on, committed with it and made after it."""

    __tablename__ = "outbox"
    __table_args__ = (index_where("ix_outbox_waiting", "next_try_at", "done_at IS NULL"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    kind: Mapped[str]
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"))
    arguments: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]


class Cursor(Base):
    """How far a round of work came; `position` is in the words of whoever moves it."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[str]


class GatewayCall(Base):
    """One request to Stripe and what came of it, for people to look at; the last ones of an order.

    Without keys, client_secrets and e-mail addresses; `status` is None when no answer came.
    """

    __tablename__ = "gateway_calls"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"))
    method: Mapped[str]
    path: Mapped[str]
    params: Mapped[str]
    idempotency_key: Mapped[str | None]
    status: Mapped[int | None]
    answer: Mapped[str]
    request_id: Mapped[str | None]
    ms: Mapped[int]
    at: Mapped[datetime]
