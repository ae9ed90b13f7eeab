"""The database: engine, session, and the two ways in.

`reading()` is a deferred transaction; `writing()` is one that may write. On SQLite the second
begins with BEGIN IMMEDIATE after a fair queue, because a read that turns into a write can't wait
for its turn. Neither is ever open while Stripe is called: the gateway asserts it.
"""

from __future__ import annotations

import functools
import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, Connection, MetaData, Text, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from storefront.columns import UtcDateTime
from storefront.write_queue import QueueTooLong, WriteQueue

log = logging.getLogger(__name__)

CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
db = SQLAlchemy(
    metadata=MetaData(naming_convention=CONSTRAINT_NAMES),
    session_options={"expire_on_commit": False},
)

MOST_TRIES = 5
_is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)

P = ParamSpec("P")
T = TypeVar("T")


class Base(DeclarativeBase):
    """The parent of every model."""

    metadata = db.metadata
    type_annotation_map = {  # noqa: RUF012 - as SQLAlchemy wants it
        datetime: UtcDateTime,
        str: Text,
        int: BigInteger,
        dict[str, Any]: JSON,
    }


class DatabaseBusy(Exception):
    """The write didn't happen, because of others; the same request may be sent again."""


class LostRace(Exception):
    """A compare-and-set found that somebody else had changed the row since it was read."""


@contextmanager
def reading() -> Iterator[Session]:
    """Read, and leave no transaction behind for a call to Stripe to find open."""
    session = db.session()
    try:
        yield session
    finally:
        if not _is_writing.get():
            end_reading()


def end_reading() -> None:
    """End an open read; what was loaded stays usable, but nothing more is loaded through it."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("Something was changed outside of writing().")
    session.close()


@contextmanager
def writing() -> Iterator[Session]:
    """Commit what the block writes, all of it or nothing; raises DatabaseBusy."""
    if _is_writing.get():
        raise RuntimeError("writing() is already under way; hand its session on instead.")
    end_reading()
    session = db.session()
    with _turn_to_write():
        before = _is_writing.set(True)
        try:
            session.connection()
            yield session
            session.commit()
        finally:
            session.close()
            _is_writing.reset(before)


def transaction(
    function: Callable[Concatenate[Session, P], T],
) -> Callable[P, T]:
    """Run `function(session, …)` inside `writing()`, from its start again when it lost a race.

    Raises DatabaseBusy when it loses every time. A unique violation that persists is a bug, not
    a race, and is raised as it is.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        for tries in range(1, MOST_TRIES + 1):
            try:
                with writing() as session:
                    return function(session, *args, **kwargs)
            except LostRace:
                continue
            except DBAPIError as error:
                is_bug = isinstance(error, IntegrityError) and tries == MOST_TRIES
                if is_bug or _sqlstate(error) not in RACES:
                    raise
        raise DatabaseBusy("The database is busy. Try again in a moment.")

    return run


def is_in_transaction() -> bool:
    """Say whether a transaction is open, so that the gateway can refuse to call Stripe in it."""
    return bool(db.session().in_transaction())


def is_unavailable(error: Exception) -> bool:
    """Say whether the database can't do it now but may later: it is away, busy or read-only."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, (DatabaseBusy, PoolTimeout))
    sqlstate = _sqlstate(error)
    is_away = isinstance(error, OperationalError) or error.connection_invalidated
    return is_away or sqlstate in READ_ONLY or sqlstate.startswith(AWAY)


def init_db(app: Flask, database_url: str) -> None:
    """Bind the database to `app`; opens no connection yet (gunicorn forks after this)."""
    url = make_url(database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {
        "pool_size": 20,
        "max_overflow": 20,
        "pool_timeout": 5,
        "hide_parameters": True,
    }
    if is_sqlite:
        sqlite = _sqlite_module()
        path = _absolute_path(app, url.database or "")
        url = make_url(f"sqlite:///{path}")
        app.extensions["write_queue"] = WriteQueue(path)
        options |= {"module": sqlite, "connect_args": {"timeout": 5}}
    else:
        options |= {"pool_pre_ping": True, "connect_args": {"options": POSTGRES_OPTIONS}}
    app.config |= {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": options}
    db.init_app(app)
    if is_sqlite:
        with app.app_context():
            _set_up_sqlite(sqlite)


# https://www.postgresql.org/docs/current/errcodes-appendix.html: deadlock, serialization failure,
# and a unique violation, which is a row that somebody else has just inserted. Nothing was written.
RACES = {"40P01", "40001", "23505"}
READ_ONLY = {"25006"}
AWAY = ("08", "57")  # connection exceptions; shutdown, and what an operator or a timeout stopped

POSTGRES_OPTIONS = (
    "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=15s "
    "-c idle_in_transaction_session_timeout=30s"
)


@contextmanager
def _turn_to_write() -> Iterator[None]:
    queue: WriteQueue | None = current_app.extensions.get("write_queue")
    try:
        with queue.turn() if queue else nullcontext():
            yield
    except QueueTooLong as error:
        raise DatabaseBusy(str(error)) from error


def _sqlstate(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _sqlite_module() -> ModuleType:
    """Prefer the wheel that brings its own, current SQLite over the distribution's."""
    try:
        return importlib.import_module("pysqlite3")
    except ImportError:
        return importlib.import_module("sqlite3")


def _absolute_path(app: Flask, database: str) -> Path:
    """Resolve against the project's folder, and make the folder of the database."""
    path = Path(app.root_path).parent / database
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _set_up_sqlite(sqlite: ModuleType) -> None:
    journal = "WAL" if is_wal_safe(sqlite.sqlite_version_info) else "DELETE"
    if journal == "DELETE":
        log.warning(
            "sqlite=%s journal=delete reason=wal-reset-bug cost=readers-wait-for-writers",
            sqlite.sqlite_version,
        )

    @event.listens_for(db.engine, "connect")
    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"journal_mode={journal}",
            "foreign_keys=ON",
            "synchronous=FULL",
            "busy_timeout=5000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(db.engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_writing.get() else "BEGIN")


def is_wal_safe(version: tuple[int, int, int]) -> bool:
    """Say whether this SQLite is free of the WAL-reset corruption (https://sqlite.org/wal.html)."""
    return version >= (3, 51, 3) or version in {(3, 44, 6), (3, 50, 7)}


def rowcount_of(result: object) -> int:
    """Return how many rows an UPDATE changed, for a compare-and-set to check."""
    return cast("int", result.rowcount)  # type: ignore[attr-defined]
