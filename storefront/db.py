"""The database: engine, session, and the two ways in.

`reading()` is a deferred transaction; `writing()` is one that may write. On SQLite the second
begins with BEGIN IMMEDIATE after a fair queue, because a read that turns into a write can't wait
for its turn. Neither is ever open while Stripe is called: the gateway asserts it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import JSON, BigInteger, Connection, Engine, MetaData, Text, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from storefront.columns import UtcDateTime
from storefront.connections import (
    POOL,
    POSTGRES_OPTIONS,
    SQLITE_OPTIONS,
    absolute_path,
    ping_when_idle,
    set_up_sqlite,
)
from storefront.group_commit import BatchFailed, Group
from storefront.write_queue import QueueTooLong, WriteQueue

CONSTRAINT_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
MOST_TRIES = 5
CONNECTION = "connection"


class OneConnection(FlaskSession):
    """A session that stays, while a transaction writes, on the connection of that transaction.

    So what doesn't go through the ORM doesn't pay for it, and what does is in the same transaction.
    """

    def get_bind(self, *asked: Any, **options: Any) -> Engine | Connection:
        """Return that connection, or the engine."""
        known: Connection | None = self.info.get(CONNECTION)
        return known or super().get_bind(*asked, **options)


db = SQLAlchemy(
    metadata=MetaData(naming_convention=CONSTRAINT_NAMES),
    session_options={"expire_on_commit": False, "class_": OneConnection},
)
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
    if not session.in_transaction():
        return
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
            with db.engine.begin() as connection, _on(connection, session):
                yield session
        finally:
            _is_writing.reset(before)


@contextmanager
def _on(connection: Connection, session: Session) -> Iterator[None]:
    """Let the session write on this connection; whoever began its transaction commits it."""
    session.info[CONNECTION] = connection
    try:
        yield
        session.flush()
        if not connection.in_transaction():
            raise RuntimeError("What was written was rolled back inside of writing().")
    finally:
        session.close()
        del session.info[CONNECTION]


def connection_of(session: Session) -> Connection:
    """Return the connection of a session's transaction; while it writes, without asking twice."""
    known: Connection | None = session.info.get(CONNECTION)
    return known or session.connection()


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


def shared_transaction(
    function: Callable[Concatenate[Session, P], T],
) -> Callable[P, T]:
    """Run `function(session, …)` as `transaction` does; on SQLite, those who wait share a commit.

    It is for what is short and comes in crowds. When a shared transaction fails, nothing of it
    was written, and everybody begins again alone.
    """
    alone = transaction(function)

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        group: Group | None = current_app.extensions.get("group_commit")
        if group is None:
            return alone(*args, **kwargs)
        try:
            return group.do(lambda session: function(session, *args, **kwargs))
        except BatchFailed as failed:
            if isinstance(failed.__cause__, DatabaseBusy):
                raise failed.__cause__ from failed
            return alone(*args, **kwargs)

    return run


def is_in_transaction() -> bool:
    """Say whether a transaction is open, so that the gateway can refuse to call Stripe in it."""
    session = db.session()
    return CONNECTION in session.info or bool(session.in_transaction())


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
    if is_sqlite:
        path = absolute_path(app.root_path, url.database or "")
        url = make_url(f"sqlite:///{path}")
        app.extensions |= {"write_queue": WriteQueue(path), "group_commit": Group(writing)}
    options = POOL | (SQLITE_OPTIONS if is_sqlite else POSTGRES_OPTIONS)
    app.config |= {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": options}
    db.init_app(app)
    with app.app_context():
        if is_sqlite:
            set_up_sqlite(db.engine, is_writing=_is_in_writing)
        else:
            ping_when_idle(db.engine)


# https://www.postgresql.org/docs/current/errcodes-appendix.html: deadlock, serialization failure,
# and a unique violation, which is a row that somebody else has just inserted. Nothing was written.
RACES = {"40P01", "40001", "23505"}
READ_ONLY = {"25006"}
AWAY = ("08", "57")  # connection exceptions; shutdown, and what an operator or a timeout stopped


def _is_in_writing() -> bool:
    return _is_writing.get()


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


def rowcount_of(result: object) -> int:
    """Return how many rows an UPDATE changed, for a compare-and-set to check."""
    return cast("int", result.rowcount)  # type: ignore[attr-defined]
