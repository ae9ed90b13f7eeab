"""Who shares a commit: the shop's own group, whose members wait by turns and not by threads."""

from __future__ import annotations

from collections.abc import Callable

from storefront.db import writing
from storefront.group_commit import Batch, Group, Work

WaitUntil = Callable[[Callable[[], bool], str], None]


class TurnTakingGroup(Group):
    """A `Group` whose members let the other actors go on while they wait for the commit."""

    def __init__(self, wait_until: WaitUntil) -> None:
        super().__init__(writing)
        self._wait_until = wait_until

    def _join(self, work: Work) -> tuple[Batch, int]:
        batch, place = super()._join(work)
        if place == 0:
            batch.is_over = _End(self._wait_until)  # type: ignore[assignment]
        return batch, place


class _End:
    """What a batch is asked for: it is set once, and whoever waits goes on then."""

    def __init__(self, wait_until: WaitUntil) -> None:
        self._wait_until = wait_until
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def wait(self) -> None:
        if not self._is_set:
            self._wait_until(lambda: self._is_set, "waits for a commit that it shares")
