"""How the fields of answers are described, and how moments are written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import RAISE, Schema, fields
from marshmallow.validate import OneOf

from storefront import clock


class Output(Schema):
    """Has all its fields, always: what isn't known yet is null."""

    class Meta:
        """How the documentation says that."""

        unknown = RAISE


class Moment(fields.DateTime):
    """A moment as RFC 3339 writes it, in UTC."""

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        return clock.as_text(value) if value else None


def text(
    description: str, example: str, *, allow_none: bool = False, **metadata: str
) -> fields.String:
    """Describe a string."""
    return fields.String(
        required=True,
        allow_none=allow_none,
        metadata={"description": description, "example": example, **metadata},
    )


def word(description: str, words: Any) -> fields.String:
    """Describe one of a few words."""
    return fields.String(
        required=True, validate=OneOf([str(each) for each in words]),
        metadata={"description": description},
    )  # fmt: skip


def minor_units(description: str, example: int = 2999) -> fields.Integer:
    """Describe an amount in minor units."""
    return fields.Integer(
        required=True, metadata={"description": description, "example": example, "minimum": 0}
    )


def how_many() -> fields.Integer:
    """Describe how many of one product."""
    return fields.Integer(required=True, metadata={"minimum": 1, "maximum": 99, "example": 1})


def moment(description: str, *, is_known: bool = True) -> Moment:
    """Describe a moment; null until it comes, unless `is_known`."""
    return Moment(
        required=True,
        allow_none=not is_known,
        metadata={"description": description, "example": "2026-11-23T16:05:00.000Z"},
    )


def currency_code() -> fields.String:
    """Describe a currency."""
    return text("ISO 4217, in lower case.", "usd")
