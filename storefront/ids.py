"""Prefixed, unguessable ids, as Stripe's look."""

from __future__ import annotations

import secrets
import string

BASE62 = string.digits + string.ascii_letters
LENGTH = 22


def new_id(prefix: str) -> str:
    """Return `prefix_` and 22 base62 characters: 131 random bits from the system's generator."""
    number, letters = secrets.randbelow(len(BASE62) ** LENGTH), []
    for _ in range(LENGTH):
        number, digit = divmod(number, len(BASE62))
        letters.append(BASE62[digit])
    return f"{prefix}_" + "".join(letters)
