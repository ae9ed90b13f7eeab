"""A fair queue in front of SQLite's one writer.

SQLite's own busy timeout is a roulette: whoever happens to try at the right moment gets in, and
some writers starve for seconds. Here threads wait in the order they came, and processes hand over
through two file locks, which the kernel releases even when their holder is killed: whoever holds
the first is the next to write, so a busy process can't keep the turn to itself.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

LONGEST_WAIT = 5.0
# Between two looks at a file lock; only one thread of a process looks.
PAUSE = 0.0002


class QueueTooLong(Exception):
    """A writer waited for its turn longer than a shopper would; try again in a moment."""

    def __init__(self) -> None:
        super().__init__("The database is busy. Try again in a moment.")


class WriteQueue:
    """Lets one writer at a time, of all threads and processes, into the database file `path`."""

    def __init__(self, path: Path) -> None:
        self._paths = [path.with_name(f"{path.name}.{end}") for end in ("next", "writer")]
        self._files: list[IO[bytes]] = []
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the right to write; raises QueueTooLong after LONGEST_WAIT seconds in all."""
        deadline = time.monotonic() + LONGEST_WAIT
        self._enter(deadline)
        try:
            with self._across_processes(deadline):
                yield
        finally:
            self._leave()

    def _enter(self, deadline: float) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            ticket = threading.Event()
            self._waiting.append(ticket)
        if ticket.wait(deadline - time.monotonic()):
            return
        with self._guard:
            if not ticket.is_set():
                self._waiting.remove(ticket)
                raise QueueTooLong

    def _leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False

    @contextmanager
    def _across_processes(self, deadline: float) -> Iterator[None]:
        if not self._files:  # not before: a lock is shared with processes forked after its opening
            self._files = [each.open("wb") for each in self._paths]
        next_writer, writer = self._files
        with _locked(writer, after=next_writer, deadline=deadline):
            yield


@contextmanager
def _locked(file: IO[bytes], *, after: IO[bytes], deadline: float) -> Iterator[None]:
    _lock(after, deadline)
    try:
        _lock(file, deadline)
    finally:
        fcntl.flock(after, fcntl.LOCK_UN)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _lock(file: IO[bytes], deadline: float) -> None:
    """Take an exclusive lock, which `flock` itself would wait for without end."""
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise QueueTooLong from None
            time.sleep(PAUSE)
