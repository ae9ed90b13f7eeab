"""Prefixed, unguessable ids, as Stripe's look."""

from __future__ import annotations

import secrets
import string

BASE62 = string.digits + string.ascii_letters


def new_id(prefix: str) -> str:
    """Return `prefix_` and 22 base62 characters: 131 random bits from the system's generator."""
    return f"{prefix}_" + "".join(secrets.choice(BASE62) for _ in range(22))
