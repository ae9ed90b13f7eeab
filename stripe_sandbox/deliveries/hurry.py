"""Deliveries that overtake the answer to the request that caused them, because a rule says so."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stripe_sandbox.deliveries.lanes import Lanes
from stripe_sandbox.deliveries.plans import HURRIED
from stripe_sandbox.protocol.shapes import Json

_GLANCE = 0.005


class Hurry:
    """What the request of each thread has caused. `make` makes one delivery, without the lock."""

    def __init__(self, lanes: Lanes, make: Callable[[Json], object]) -> None:
        self._lanes = lanes
        self._make = make
        self._of_thread = threading.local()

    def note(self, row: Json) -> None:
        """Remember a delivery that is to be made before the answer; others are none of ours."""
        caused = getattr(self._of_thread, "caused", None)
        if caused is not None and HURRIED in row["rules"]:
            caused.append(row["id"])

    @contextmanager
    def before_answering(self) -> Iterator[None]:
        """Make, at the end of the block, what its request caused and a rule wants made by then.

        A request can cause another one in its own thread: each answers for its own deliveries.
        """
        before = getattr(self._of_thread, "caused", None)
        caused: list[str] = []
        self._of_thread.caused = caused
        try:
            yield
        finally:
            self._of_thread.caused = before
            for delivery_id in caused:
                self._make_now(delivery_id)

    def _make_now(self, delivery_id: str) -> None:
        """Make the first attempt here, or wait while somebody else makes it."""
        while True:
            row, is_being_made = self._lanes.claim_first_attempt(delivery_id)
            if row:
                self._make(row)
            if not is_being_made:
                return
            time.sleep(_GLANCE)
