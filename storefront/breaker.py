"""A circuit breaker in front of Stripe: while it is away, nobody waits for it in vain.

After FAILURES unanswered calls in a row within WINDOW seconds the next ones fail at once, as
GatewayUnavailable: nothing was asked, so nothing changed. Every PAUSE seconds one call goes
through, and the first answer lets all of them through again. A refusal is an answer, too.
Each process finds out for itself.

Until it opens, calls that hang may take most of the process's threads and no more of them: pages
that don't need Stripe keep the rest.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from storefront.gateway_errors import GatewayBusy, GatewayError, GatewayUnavailable

log = logging.getLogger(__name__)

FAILURES, WINDOW = 5, 10.0
PAUSE = 10.0
# Of a process's threads, the share that may wait for Stripe at the same moment.
SHARE_OF_THREADS = 3 / 4
# So long a call waits for others to end: a crowd of shoppers isn't an outage.
LONGEST_QUEUE = 0.5


class Breaker:
    """Lets calls through, and learns from how they end. Threads share one."""

    def __init__(self, clock: Callable[[], float], *, threads: int) -> None:
        """Begin closed. `clock` never jumps; only its differences count, in seconds."""
        self._clock = clock
        self._slots = threading.BoundedSemaphore(max(1, int(threads * SHARE_OF_THREADS)))
        self._guard = threading.Lock()
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._next_probe_at: float | None = None
        self._is_probing = False

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Make one call to Stripe inside; raises GatewayUnavailable at once when it may not."""
        is_probe = self._admit()
        try:
            with self._slot(), self._listening(is_probe=is_probe):
                yield
        finally:
            if is_probe:
                self._is_probing = False

    def _admit(self) -> bool:
        """Say whether the call is the one that finds out whether Stripe is back."""
        with self._guard:
            if self._next_probe_at is None:
                return False
            wait = self._next_probe_at - self._clock()
            if wait > 0 or self._is_probing:
                raise GatewayUnavailable(
                    "Stripe didn't answer just now.", code="breaker_open", retry_after=wait
                )
            self._is_probing = True
        log.warning("breaker=half-open")
        return True

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=LONGEST_QUEUE):
            raise GatewayUnavailable("Too many calls wait for Stripe.", code="breaker_full")
        try:
            yield
        finally:
            self._slots.release()

    @contextmanager
    def _listening(self, *, is_probe: bool) -> Iterator[None]:
        """Learn from how the call ends; one that we broke off ourselves tells nothing."""
        try:
            yield
        except GatewayBusy:
            self._answered()
            raise
        except GatewayUnavailable:
            self._failed(is_probe=is_probe)
            raise
        except GatewayError:
            self._answered()
            raise
        else:
            self._answered()

    def _answered(self) -> None:
        with self._guard:
            self._failures.clear()
            was_open, self._next_probe_at = self._next_probe_at is not None, None
        if was_open:
            log.warning("breaker=closed")

    def _failed(self, *, is_probe: bool) -> None:
        now = self._clock()
        with self._guard:
            self._failures.append(now)
            is_too_much = len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW
            opens = is_probe or (is_too_much and self._next_probe_at is None)
            if opens:
                self._next_probe_at = now + PAUSE
        if opens:
            log.error("breaker=open seconds=%d", PAUSE)
