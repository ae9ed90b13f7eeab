"""What tables are made of and filled with on both databases: column types, indexes, inserts."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, Integer, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

Serial = BigInteger().with_variant(Integer(), "sqlite")


def index_where(name: str, column: str, condition: str, *, unique: bool = False) -> Index:
    """Make a partial index; `unique`: at most one row per `column` for which `condition` holds."""
    where = text(condition)
    return Index(name, column, unique=unique, sqlite_where=where, postgresql_where=where)


def one_of(column: str, words: type[StrEnum]) -> str:
    """Write the condition that a column holds one of an enumeration's words, or nothing."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


def insert_into(session: Session, table: type) -> Any:
    """Begin an INSERT that can say what to do ON CONFLICT, which SQLAlchemy's own can't."""
    return INSERTS[session.get_bind().dialect.name](table)


INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware in Python on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """Refuse a naive datetime: nobody can know when it was."""
        if value is not None and value.tzinfo is None:
            raise ValueError("A moment needs a timezone.")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """SQLite forgets the zone."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
