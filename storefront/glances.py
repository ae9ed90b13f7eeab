"""Reads that are asked for all the time: one SELECT each, compiled once, sent past SQLAlchemy."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from sqlalchemy import Engine, Select

from storefront.db import db
from storefront.prepared import Prepared


class Glance:
    """One SELECT, and a transaction of its own: it sees what is committed, and nothing else.

    SQLAlchemy compiles it, lends the connection and reads the columns. What it does around each
    execution costs ten times what SQLite needs for the answer, so that is left out. When anything
    goes wrong it is asked again through SQLAlchemy, which knows what to make of it.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Prepare the statement; what it is to be told are its `bindparam`s."""
        self._statement = statement
        self._prepared = Prepared(statement)

    def __call__(self, **told: object) -> list[Any]:
        """Return the rows, whose columns are attributes."""
        engine = db.engine
        sent = self._prepared.sent_to(engine.dialect, told)
        try:
            return sent.read(_asked(engine, sent.text, sent.values(told)))
        except engine.dialect.loaded_dbapi.Error:
            with engine.connect() as connection:
                return list(connection.execute(self._statement, told))


def _asked(engine: Engine, text: str, told: dict[str, object]) -> list[tuple[Any, ...]]:
    """Lend a connection; one that something went wrong with isn't lent again."""
    with closing(engine.raw_connection()) as lent:
        try:
            return _rows(lent.dbapi_connection, text, told)
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
