"""How each of the two databases is connected to, and what a connection is told first."""

from __future__ import annotations

import importlib
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError

log = logging.getLogger(__name__)

SECONDS_UNTIL_SUSPECT = 1.0

POOL: dict[str, Any] = {
    "pool_size": 20,
    "max_overflow": 20,
    "pool_timeout": 5,
    # The one used last knows the statements and holds the pages that the next one needs.
    "pool_use_lifo": True,
    "hide_parameters": True,
}


def sqlite_module() -> ModuleType:
    """Prefer the wheel that brings its own, current SQLite over the distribution's."""
    try:
        return importlib.import_module("pysqlite3")
    except ImportError:
        return importlib.import_module("sqlite3")


SQLITE_OPTIONS: dict[str, Any] = {
    "module": sqlite_module(),
    "connect_args": {"timeout": 5},
    "paramstyle": "named",  # as PostgreSQL's driver takes them
}
POSTGRES_OPTIONS: dict[str, Any] = {
    "connect_args": {
        "options": "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=15s "
        "-c idle_in_transaction_session_timeout=30s"
    }
}


def absolute_path(root: str, database: str) -> Path:
    """Resolve against the project's folder, and make the folder of the database."""
    path = Path(root).parent / database
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def set_up_sqlite(engine: Engine, *, is_writing: Callable[[], bool]) -> None:
    """Make commits durable, and begin a transaction that writes as such."""
    sqlite = sqlite_module()
    journal = "WAL" if is_wal_safe(sqlite.sqlite_version_info) else "DELETE"
    if journal == "DELETE":
        log.warning(
            "sqlite=%s journal=delete reason=wal-reset-bug cost=readers-wait-for-writers",
            sqlite.sqlite_version,
        )

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"journal_mode={journal}",
            "foreign_keys=ON",
            "synchronous=FULL",
            "busy_timeout=5000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing() else "BEGIN")


def is_wal_safe(version: tuple[int, int, int]) -> bool:
    """Say whether this SQLite is free of the WAL-reset corruption (https://sqlite.org/wal.html)."""
    return version >= (3, 51, 3) or version in {(3, 44, 6), (3, 50, 7)}


def ping_when_idle(engine: Engine) -> None:
    """Ask a connection whether it still lives before it is used, unless it was used just now.

    A server that goes away meets busy connections half-way in any case; that is a 503.
    """

    @event.listens_for(engine, "checkin")
    def note(_: object, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _: object) -> None:
        if time.monotonic() - record.info.get("idle_since", math.inf) < SECONDS_UNTIL_SUSPECT:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
