"""Reading single fields of JSON that came from outside: what is odd reads as if it were absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LARGEST_WHOLE = 253_402_300_799  # the last second of the year 9999


def whole(value: object) -> int:
    """Keep what a database can store and a calendar can show; Stripe sends nothing else."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_WHOLE:
        return value
    return 0


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object's fields; none of what isn't an object."""
    return value if isinstance(value, dict) else {}


def id_of(value: object) -> str | None:
    """Return the id of an object that may be told by its id alone or whole."""
    return text(mapping(value).get("id", value))


def text(value: object) -> str | None:
    """Keep what a database can store: PostgreSQL takes neither NUL nor a lone surrogate."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:1000]


def our_metadata(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return what we wrote on an object of Stripe's under these names."""
    metadata = mapping(found.get("metadata"))
    return {name: text(metadata.get(name)) for name in names}
