"""A fair queue in front of SQLite's one writer.

SQLite's own busy timeout is a roulette: whoever happens to try at the right moment gets in, and
some writers starve for seconds. Here threads wait in the order they came, and processes hand over
through a file lock, which the kernel releases even when its holder is killed.
"""

from __future__ import annotations

import fcntl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

LONGEST_WAIT = 5.0


class QueueTooLong(Exception):
    """A writer waited for its turn longer than a shopper would; try again in a moment."""


class WriteQueue:
    """Lets one writer at a time into the database file `path` (None: a database in memory)."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False
        self._file: IO[bytes] | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to write; raises QueueTooLong after LONGEST_WAIT seconds."""
        self._enter()
        try:
            with self._across_processes():
                yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            ticket = threading.Event()
            self._waiting.append(ticket)
        if ticket.wait(LONGEST_WAIT):
            return
        with self._guard:
            if not ticket.is_set():
                self._waiting.remove(ticket)
                raise QueueTooLong("The database is busy. Try again in a moment.")

    def _leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False

    def _across_processes(self) -> _FileLock | nullcontext[None]:
        if self._path is None:
            return nullcontext()
        if self._file is None:
            self._file = self._path.with_name(self._path.name + ".writer").open("wb")
        return _FileLock(self._file)


class _FileLock:
    """An exclusive `flock`. Its wait is one other process's transaction, so short."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
