"""What a shop sends to its database, heard at the driver: also what goes past SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from storefront.db import db
from tests.shop import Shop

# Transactions, pings, and what triggers do.
OVERHEAD = ("BEGIN", "COMMIT", "ROLLBACK", "SELECT 1", "--")


@contextmanager
def statements(shop: Shop) -> Iterator[list[str]]:
    """Collect what the shop sends to its database."""
    sent: list[str] = []
    heard: list[Any] = []

    def note(statement: str) -> None:
        if not statement.startswith(OVERHEAD):
            sent.append(statement)

    def lend(connection: Any, *_: Any) -> None:
        heard.append(connection)
        _listen(connection, note)

    with shop.app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "checkout", lend)
    try:
        yield sent
    finally:
        event.remove(engine, "checkout", lend)
        for connection in heard:
            _listen(connection, None)


def _listen(connection: Any, note: Callable[[str], None] | None) -> None:
    if not isinstance(connection, psycopg.Connection):
        connection.set_trace_callback(note)
        return

    class Telling(psycopg.Cursor[Any]):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
            if note:
                note(query)
            return super().execute(query, *arguments, **options)

    connection.cursor_factory = Telling
