"""Several pieces of work in one transaction, where one may write at a time and a commit is dear.

Whoever comes while somebody waits for the turn to write joins them: the first of a batch does the
work of all, one after the other, and commits once. So the busier it is, the fewer commits there
are, and nobody waits for company: alone, a batch is an ordinary transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

T = TypeVar("T")
Work = Callable[[Session], Any]


class BatchFailed(Exception):
    """Nothing of the batch was written, perhaps because of somebody else's work; see the cause."""


@dataclass(slots=True)
class Batch:
    """What is done in one transaction: some works and, once they are committed, their results."""

    works: list[Work] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class Group:
    """Lets threads share transactions; `writing` begins one that holds the turn to write."""

    def __init__(self, writing: Callable[[], AbstractContextManager[Session]]) -> None:
        self._writing = writing
        self._guard = threading.Lock()
        self._open: Batch | None = None

    def do(self, work: Callable[[Session], T]) -> T:
        """Return what `work` returned, once it is committed; raises BatchFailed."""
        batch, place = self._join(work)
        if place == 0:
            self._lead(batch)
        batch.is_over.wait()
        if batch.error:
            raise BatchFailed from batch.error
        return cast("T", batch.results[place])

    def _join(self, work: Work) -> tuple[Batch, int]:
        with self._guard:
            self._open = self._open or Batch()
            self._open.works.append(work)
            return self._open, len(self._open.works) - 1

    def _lead(self, batch: Batch) -> None:
        """Do the work of all who have joined by the time that the turn comes."""
        try:
            with self._writing() as session:
                self._close(batch)
                for work in batch.works:
                    batch.results.append(work(session))
                    session.flush()
                    session.expunge_all()  # the next one reads what is in the database
        except BaseException as error:
            batch.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            self._close(batch)
            batch.is_over.set()

    def _close(self, batch: Batch) -> None:
        with self._guard:
            if self._open is batch:
                self._open = None
