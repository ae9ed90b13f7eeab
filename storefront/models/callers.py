"""Who may call the API, and what they were answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.db import Base
from storefront.ids import new_id


class User(Base):
    """A caller of the API, made at first sight of a token's subject; owns carts and orders."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("user"))
    issuer: Mapped[str]
    subject: Mapped[str]
    created_at: Mapped[datetime]


class ApiKey(Base):
    """A user's key, kept as its prefix and a hash of the whole: what is stored opens nothing."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("key"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[str]
    scopes: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class ApiAnswer(Base):
    """The answer to one POST under one Idempotency-Key of one caller; none while in flight.

    The body is encrypted: it can hold a client_secret.
    """

    __tablename__ = "api_answers"

    caller: Mapped[str] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
