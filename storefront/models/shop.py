"""What is sold, what is ordered, and every attempt to pay for it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.columns import Serial, index_where, one_of
from storefront.db import Base
from storefront.ids import new_id
from storefront.lifecycle import ClosedReason, Flow, OrderStatus, PaymentStatus

# Written out in queries, too, so that both databases see that the partial index serves.
OPEN_STATUSES = "status IN ('pending', 'failed', 'processing')"
NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_order_number() -> str:
    """Return what a shopper reads to the shopkeeper on the phone, such as `4F7K-92QD`."""
    letters = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


class Product(Base):
    """Something for sale. Names are per locale: `{"en": …, "zh_Hant_TW": …}`."""

    __tablename__ = "products"
    __table_args__ = (CheckConstraint("stock >= 0", "stock_is_not_negative"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("prod"))
    slug: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    category: Mapped[dict[str, Any]]
    name: Mapped[dict[str, Any]]
    description: Mapped[dict[str, Any]]
    image: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    stock: Mapped[int]


class Price(Base):
    """What a product costs in one currency, in its minor units."""

    __tablename__ = "prices"
    __table_args__ = (CheckConstraint("unit_amount > 0", "unit_amount_is_positive"),)

    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    unit_amount: Mapped[int]


class CatalogueVersion(Base):
    """One row with a word that the database changes with every change of a product or a price.

    Triggers do it (migration 0006), so no writer can forget it; nobody else writes here.
    """

    __tablename__ = "catalogue_version"
    __table_args__ = (CheckConstraint("id = 1", "there_is_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str]


class Cart(Base):
    """What a visitor means to buy; `ordered` once an order was made of it."""

    __tablename__ = "carts"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'ordered')", "status_is_known"),
        index_where("uq_carts_open_owner", "owner", "status = 'open'", unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cart"))
    owner: Mapped[str] = mapped_column(index=True)
    currency: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime]


class CartItem(Base):
    """One product in a cart, and the price that the shopper last saw."""

    __tablename__ = "cart_items"
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 99", "quantity_is_sensible"),)

    cart_id: Mapped[str] = mapped_column(ForeignKey("carts.id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    quantity: Mapped[int]
    unit_amount: Mapped[int]


class Order(Base):
    """What a customer agreed to buy; exists, and holds its stock, before any payment.

    `version` guards every change: whoever changes an order or its payments raises it by one,
    by compare-and-set. `settled_by` is the payment that paid it.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("amount_total > 0", "amount_total_is_positive"),
        CheckConstraint(one_of("status", OrderStatus), "status_is_known"),
        CheckConstraint(one_of("closed_reason", ClosedReason), "closed_reason_is_known"),
        CheckConstraint("(closed_at IS NULL) = (closed_reason IS NULL)", "closed_for_a_reason"),
        CheckConstraint("(paid_at IS NULL) = (settled_by IS NULL)", "paid_by_a_payment"),
        Index("ix_orders_owner_created_at", "owner", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("order"))
    number: Mapped[str] = mapped_column(unique=True, default=new_order_number)
    token: Mapped[str] = mapped_column(unique=True, default=lambda: new_id("o"))
    cart_id: Mapped[str] = mapped_column(ForeignKey("carts.id"), unique=True)
    owner: Mapped[str]
    email: Mapped[str | None]
    locale: Mapped[str]
    currency: Mapped[str]
    amount_total: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")
    version: Mapped[int] = mapped_column(default=1)
    settled_by: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[str | None]
    paid_at: Mapped[datetime | None]

    line_items: Mapped[list[LineItem]] = relationship(order_by="LineItem.id", lazy="selectin")
    payments: Mapped[list[Payment]] = relationship(order_by="Payment.attempt", lazy="selectin")


class LineItem(Base):
    """One product × quantity of an order, as it was when the order was placed."""

    __tablename__ = "line_items"
    __table_args__ = (
        CheckConstraint("amount = unit_amount * quantity", "amount_is_the_product"),
        CheckConstraint("quantity BETWEEN 1 AND 99", "quantity_is_sensible"),
        UniqueConstraint("order_id", "product_id"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    name: Mapped[str]
    image: Mapped[str]
    unit_amount: Mapped[int]
    quantity: Mapped[int]
    amount: Mapped[int]


class Payment(Base):
    """One attempt to pay one order through one Stripe object.

    It keeps the furthest evidence that it has heard (`evidence` … `last_event_id`), and `status`,
    `is_live` and the failure follow from that. `created_at` also dates the attempt for Stripe:
    together with the id it makes every retry of the creation the same request. So do the addresses
    and the metadata that an API client gave.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("order_id", "attempt"),
        CheckConstraint("amount > 0", "amount_is_positive"),
        CheckConstraint("amount_received >= 0", "amount_received_is_not_negative"),
        CheckConstraint("amount_refunded >= 0", "amount_refunded_is_not_negative"),
        CheckConstraint(
            "status <> 'succeeded' OR amount_refunded <= amount_received", "refunds_fit"
        ),
        CheckConstraint(one_of("status", PaymentStatus), "status_is_known"),
        CheckConstraint(one_of("flow", Flow), "flow_is_known"),
        index_where("uq_payments_live_order", "order_id", "is_live", unique=True),
        Index("ix_payments_owner_created_at", "owner", "created_at", "id"),
        index_where("ix_payments_open", "updated_at", OPEN_STATUSES),
        Index("ix_payments_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pay"))
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    # The order's, which never changes: kept here too, so that an index can list what is theirs.
    owner: Mapped[str] = mapped_column(server_default="")
    attempt: Mapped[int]
    flow: Mapped[str]
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    checkout_session_id: Mapped[str | None] = mapped_column(unique=True)
    amount: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    is_live: Mapped[bool] = mapped_column(default=True)
    amount_received: Mapped[int] = mapped_column(default=0)
    amount_refunded: Mapped[int] = mapped_column(default=0)
    failure_code: Mapped[str | None]
    failure_message: Mapped[str | None]
    evidence: Mapped[str] = mapped_column(default="created")
    evidence_created: Mapped[int] = mapped_column(default=0)
    evidence_is_reread: Mapped[bool] = mapped_column(default=False)
    last_event_id: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    success_url: Mapped[str | None]
    cancel_url: Mapped[str | None]
    client_metadata: Mapped[dict[str, Any]] = mapped_column(
        "metadata", default=dict, server_default="{}"
    )
    paid_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
