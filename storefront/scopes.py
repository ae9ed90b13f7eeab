"""What a caller of the API may be allowed."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One permission. Keys and tokens carry them as OAuth does: words with spaces between."""

    CART_READ = "cart:read"
    CART_WRITE = "cart:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
