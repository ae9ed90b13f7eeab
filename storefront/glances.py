"""Reads that are asked for all the time: one SELECT each, compiled once, sent past SQLAlchemy."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Engine, Select

from storefront.db import db


class Glance:
    """One SELECT, and a transaction of its own: it sees what is committed, and nothing else.

    SQLAlchemy compiles it, lends the connection and reads the columns. What it does around each
    execution costs ten times what SQLite needs for the answer, so that is left out. When anything
    goes wrong it is asked again through SQLAlchemy, which knows what to make of it.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Prepare the statement; what it is to be told are its `bindparam`s."""
        self._statement = statement
        self._sent: dict[str, _Sent] = {}

    def __call__(self, **parameters: object) -> list[Any]:
        """Return the rows, whose columns are attributes."""
        engine = db.engine
        sent = self._sent.get(engine.dialect.name) or self._prepare(engine.dialect)
        try:
            rows = _asked(engine, sent, parameters)
        except engine.dialect.loaded_dbapi.Error:
            with engine.connect() as connection:
                return list(connection.execute(self._statement, parameters))
        return [sent.row._make(map(_read, sent.readers, row)) for row in rows]

    def _prepare(self, dialect: Dialect) -> _Sent:
        """Compile for a kind of database."""
        compiled = self._statement.compile(dialect=dialect)
        columns = self._statement.selected_columns
        self._sent[dialect.name] = sent = _Sent(
            text=str(compiled),
            parameters=compiled.params,
            row=namedtuple("Row", [str(column.key) for column in columns]),
            readers=[
                column.type.dialect_impl(dialect).result_processor(dialect, None)
                for column in columns
            ],
        )
        return sent


class _Sent(NamedTuple):
    """A statement as a driver takes it, and how what comes back is read."""

    text: str
    parameters: dict[str, Any]
    row: Any
    readers: Sequence[Callable[[Any], Any] | None]


def _asked(engine: Engine, sent: _Sent, parameters: dict[str, object]) -> list[tuple[Any, ...]]:
    """Lend a connection; one that something went wrong with isn't lent again."""
    with closing(engine.raw_connection()) as lent:
        try:
            return _rows(lent.dbapi_connection, sent.text, sent.parameters | parameters)
        except BaseException as error:
            lent.invalidate(error)
            raise


def _rows(connection: Any, text: str, parameters: dict[str, object]) -> list[tuple[Any, ...]]:
    """Ask without a BEGIN and a ROLLBACK around it, which to PostgreSQL are two more ways."""
    is_postgresql = hasattr(connection, "pgconn")
    if is_postgresql:
        connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(text, parameters)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    cursor.close()
    if is_postgresql:
        connection.autocommit = False
    return rows


def _read(reader: Callable[[Any], Any] | None, value: Any) -> Any:
    return reader(value) if reader else value
