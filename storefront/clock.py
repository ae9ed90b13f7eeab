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


def as_text(moment: datetime) -> str:
    """Write a moment as RFC 3339 has it, in UTC and to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
