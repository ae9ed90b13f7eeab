"""The databases of the yardstick: DB-API connections of its own, and transactions that begin again.

On SQLite writers wait their turn, and not for ever; PostgreSQL has its own ways.
"""

from __future__ import annotations

import fcntl
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pysqlite3
from psycopg.rows import namedtuple_row

MOST_TRIES = 5
LONGEST_WAIT = 5.0


class LostRace(Exception):
    """Somebody else changed the row since it was read."""


class Busy(Exception):
    """The turn to write didn't come in time."""


class Database:
    """One connection for each thread, and transactions that begin again when they lost a race."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    @property
    def connection(self) -> Any:
        """The connection of the thread that asks."""
        if not hasattr(self._of_thread, "connection"):
            self._of_thread.connection = self.connect()
        return self._of_thread.connection

    def write(self, work: Callable[[Callable[..., Any]], str]) -> str:
        """Commit what `work` does, all of it or nothing."""
        for _ in range(MOST_TRIES):
            try:
                with self.transaction():
                    return work(self.run)
            except LostRace:
                continue
        raise Busy

    def connect(self) -> Any:
        """Open a connection."""
        raise NotImplementedError

    def transaction(self) -> Any:
        """Begin a transaction that writes, and end it."""
        raise NotImplementedError

    def run(self, statement: str, **told: Any) -> Any:
        """Execute one statement; returns its cursor."""
        raise NotImplementedError

    def durability(self) -> dict[str, str]:
        """Return how durable this database says that its commits are."""
        raise NotImplementedError


class Sqlite(Database):
    """One file; a mutex for the threads of a process and a lock between processes, in front."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._mutex = threading.Lock()
        self._turn: Any = None

    def connect(self) -> Any:
        """Open a connection whose commits are durable."""
        connection = pysqlite3.connect(self._path, isolation_level=None, timeout=LONGEST_WAIT)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.row_factory = Row
        return connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Wait for the turn, then write alone."""
        connection = self.connection
        if not self._mutex.acquire(timeout=LONGEST_WAIT):
            raise Busy
        try:
            self._turn = self._turn or open(f"{self._path}.by-hand", "wb")  # noqa: SIM115
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                fcntl.flock(self._turn, fcntl.LOCK_UN)
        finally:
            self._mutex.release()

    def run(self, statement: str, **told: Any) -> Any:
        """Execute one statement; moments are kept as the shop keeps them."""
        moments = {
            name: value.strftime("%Y-%m-%d %H:%M:%S.%f")
            for name, value in told.items()
            if isinstance(value, datetime)
        }
        return self.connection.execute(statement, told | moments)

    def durability(self) -> dict[str, str]:
        """Return the level of `synchronous`: 2 is FULL."""
        [level] = self.connection.execute("PRAGMA synchronous").fetchone().values
        return {"synchronous": "FULL" if level == 2 else str(level)}


class Row:
    """A row whose columns are attributes."""

    def __init__(self, cursor: Any, values: tuple[Any, ...]) -> None:
        self.values = values
        self.__dict__ |= dict(
            zip((column[0] for column in cursor.description), values, strict=True)
        )


class Postgres(Database):
    """A server, which has its own ways of letting many write at once."""

    def __init__(self, conninfo: str) -> None:
        super().__init__()
        self._conninfo = conninfo
        self._translated: dict[str, str] = {}

    def connect(self) -> Any:
        """Open a connection."""
        return psycopg.connect(self._conninfo, row_factory=namedtuple_row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block does; the driver begins the transaction by itself."""
        with self.connection.cursor() as cursor:
            self._of_thread.cursor = cursor
            try:
                yield
            except BaseException:
                self.connection.rollback()
                raise
            self.connection.commit()

    def run(self, statement: str, **told: Any) -> Any:
        """Execute one statement."""
        if statement not in self._translated:
            self._translated[statement] = re.sub(r":(\w+)", r"%(\1)s", statement)
        return self._of_thread.cursor.execute(self._translated[statement], told)

    def durability(self) -> dict[str, str]:
        """Return the settings that decide whether a commit outlives a crash."""
        names = ("synchronous_commit", "fsync")
        found = {name: self.connection.execute(f"SHOW {name}").fetchone()[0] for name in names}
        self.connection.rollback()
        return found
