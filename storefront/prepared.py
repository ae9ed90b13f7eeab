"""Statements of the hot paths: compiled once, and sent past what SQLAlchemy does around each.

SQLAlchemy writes the SQL, lends the connection, handles the errors and knows how values are kept.
What it does besides for each execution costs more than SQLite needs for the statement itself.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter, methodcaller
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

from storefront.db import connection_of

Told = Mapping[str, Any]
Processor = Callable[[Any], Any]


class Prepared:
    """One statement, for the connection of a transaction that is open.

    What it is told by name are its `bindparam`s and, if it writes, the columns that it sets.
    """

    def __init__(self, statement: Executable) -> None:
        """Compile nothing yet: how depends on the database, and on what it is told."""
        self._statement = statement
        self._sent: dict[tuple[str, ...], Sent] = {}

    def rows(self, session: Session, **told: Any) -> list[Any]:
        """Return the rows of a SELECT, as named tuples."""
        connection = connection_of(session)
        sent = self.sent_to(connection.dialect, told)
        return sent.read(_executed(connection, sent.text, sent.values(told), _FETCHED))

    def execute(self, session: Session, **told: Any) -> int:
        """Write, and return how many rows that changed."""
        connection = connection_of(session)
        sent = self.sent_to(connection.dialect, told)
        return int(_executed(connection, sent.text, sent.values(told), _CHANGED))

    def sent_to(self, dialect: Dialect, names: Collection[str]) -> Sent:
        """Return it as this database takes it, when it is told these names."""
        key = (dialect.name, *names)
        return self._sent.get(key) or self._sent.setdefault(
            key, Sent(self._statement, dialect, names)
        )


class Sent:
    """A statement as a driver takes it, how it takes values, and how what comes back is read."""

    def __init__(self, statement: Any, dialect: Dialect, names: Collection[str]) -> None:
        """Compile; a column that Python would have to fill in is told like any other."""
        compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(names))
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError(f"Tell every column: {compiled.insert_prefetch} {statement}")
        if any(isinstance(bind.type, NullType) for bind in compiled.binds.values()):
            raise TypeError(f"Give each bindparam a type: {statement}")
        self.text = str(compiled)
        self._processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }
        self._constants = {
            name: self._processed(name, value)
            for name, value in compiled.params.items()
            if name not in names
        }
        columns = [*getattr(statement, "selected_columns", ())]
        self._row = row_of([str(column.key) for column in columns])
        readers = [
            each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns
        ]
        self._readers = [(place, reader) for place, reader in enumerate(readers) if reader]

    def values(self, told: Told) -> dict[str, Any]:
        """Return what the driver is told."""
        return self._constants | {name: self._processed(name, told[name]) for name in told}

    def read(self, found: Iterable[Iterable[Any]]) -> list[Any]:
        """Return rows whose columns are attributes."""
        return [self._row._make(self._columns(row)) for row in found]

    def _processed(self, name: str, value: Any) -> Any:
        processor: Processor | None = self._processors[name]
        return processor(value) if processor else value

    def _columns(self, row: Iterable[Any]) -> list[Any]:
        columns = list(row)
        for place, reader in self._readers:
            columns[place] = reader(columns[place])
        return columns


_FETCHED, _CHANGED = methodcaller("fetchall"), attrgetter("rowcount")


def _executed(connection: Connection, text: str, values: Told, result_of: Processor) -> Any:
    """Execute on a cursor of the driver's own, and return its result; raises what SQLAlchemy would.

    Somebody who listens to statements, such as a tracer, hears of these, too. A driver whose
    transaction is gone would commit at once; that raises RuntimeError.
    """
    if not connection.in_transaction():
        raise RuntimeError("The transaction of this statement is over.")
    if connection.dispatch.before_cursor_execute or connection.dispatch.after_cursor_execute:
        return result_of(connection.exec_driver_sql(text, dict(values)))
    try:
        cursor = connection.connection.cursor()
        cursor.execute(text, values)
        return result_of(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_sqlalchemys(error, connection, text, values) from error


def _as_sqlalchemys(error: Any, connection: Connection, text: str, values: Told) -> Exception:
    """Return the error as SQLAlchemy raises it; a connection that is lost isn't lent again."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if is_lost:
        connection.invalidate(error)
    known: Exception = DBAPIError.instance(
        text, dict(values), error, dialect.loaded_dbapi.Error,
        hide_parameters=True, connection_invalidated=is_lost, dialect=dialect,
    )  # fmt: skip
    return known


def row_of(columns: list[str]) -> Any:
    """Return the type of rows whose columns are attributes."""
    return namedtuple("Row", columns)
