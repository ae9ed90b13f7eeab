"""What time it is, for the shop: the application's clock, which a simulation can wind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from flask import current_app


def timestamp() -> float:
    """Return the seconds since the epoch."""
    return cast("float", current_app.extensions["clock"]())


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)
