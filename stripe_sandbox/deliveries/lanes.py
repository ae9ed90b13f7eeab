"""Who makes which delivery when: a lane for each endpoint, so that a slow one holds up nobody else.

An endpoint has two lanes, one for first attempts, in order, and one for retries: what an endpoint
refuses does not hold up its news. What is due is found on heaps, which are not part of the memory:
they are built again when the memory was replaced, and what was changed is passed over.
"""

import heapq
import threading
import time
from collections.abc import Callable

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.storage import Storage

_IDLE = 30.0
_LONGEST_NAP = 1.0
_ENDING = 1.0

Key = tuple[str, bool]


class Lanes:
    """The lanes of all endpoints. `make` makes one delivery, without the lock held."""

    def __init__(self, storage: Storage, make: Callable[[Json], object], breadth: int) -> None:
        self._storage = storage
        self._make = make
        self._breadth = breadth
        self._lanes: dict[Key, _Lane] = {}
        self._state: object = storage.state
        self._is_running = False

    def push(self, row: Json) -> None:
        """Have a pending delivery made when it is due."""
        key = (row["endpoint"], bool(row["attempts"]))
        with self._storage.lock:
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = _Lane(self._storage.lock)
            heapq.heappush(lane.heap, (row["due_at"], row["order"], row["id"]))
            if self._is_running:
                self._man(lane)
                lane.wakened.notify()

    def claim(self, lane: "_Lane | None" = None) -> Json | None:
        """Take what has been due longest, so that no one else makes it."""
        with self._storage.lock:
            self._follow_the_memory()
            lanes = [lane] if lane else list(self._lanes.values())
            due = [row for each in lanes if (row := self._first(each)) is not None]
            if not due:
                return None
            row = min(due, key=lambda row: (row["due_at"], row["order"]))
            if row["due_at"] > self._storage.time():
                return None
            claimed = {**row, "state": "sending"}
            self._storage.state.deliveries[row["id"]] = claimed
            return claimed

    def claim_first_attempt(self, delivery_id: str) -> tuple[Json | None, bool]:
        """Take one delivery out of its turn, if it is due; say whether somebody makes it now."""
        with self._storage.lock:
            row: Json | None = self._storage.state.deliveries.get(delivery_id)
            if row is None or row["state"] != "pending":
                return None, row is not None and row["state"] == "sending"
            is_later = row["attempts"] or row["due_at"] > self._storage.time()
            if is_later or self._storage.state.is_held:
                return None, False
            claimed = {**row, "state": "sending"}
            self._storage.state.deliveries[delivery_id] = claimed
            return claimed, False

    def wake(self) -> None:
        """Look again at what is due: the clock or the memory was changed."""
        with self._storage.lock:
            self._follow_the_memory()
            for lane in self._lanes.values():
                if self._is_running and lane.heap:
                    self._man(lane)
                lane.wakened.notify_all()

    def start(self) -> None:
        """Make deliveries from background threads from now on."""
        with self._storage.lock:
            self._is_running = True
            self._state = None
            self.wake()

    def stop(self) -> None:
        """End the threads. An attempt that isn't answered soon is made again at the next start."""
        self._is_running = False
        self.wake()
        ends = time.monotonic() + _ENDING
        with self._storage.lock:
            threads = [thread for lane in self._lanes.values() for thread in lane.threads]
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def _first(self, lane: "_Lane") -> Json | None:
        """Return what the lane makes next, due or not; nothing while it is held."""
        state = self._storage.state
        while lane.heap:
            due_at, order, row_id = lane.heap[0]
            row: Json | None = state.deliveries.get(row_id)
            is_current = row and row["state"] == "pending"
            if row and is_current and (row["due_at"], row["order"]) == (due_at, order):
                return row if not state.is_held else self._first_released(lane)
            heapq.heappop(lane.heap)
        return None

    def _first_released(self, lane: "_Lane") -> Json | None:
        rows = [self._storage.state.deliveries.get(row_id) for _, _, row_id in sorted(lane.heap)]
        released = (row for row in rows if row and row["is_released"] and row["state"] == "pending")
        return next(released, None)

    def _follow_the_memory(self) -> None:
        if self._state is self._storage.state:
            return
        state = self._state = self._storage.state
        for lane in self._lanes.values():
            lane.heap.clear()
        for row in list(state.deliveries.values()):
            if row["state"] == "sending":  # by somebody who has been forgotten
                row = state.deliveries[row["id"]] = {**row, "state": "pending"}  # noqa: PLW2901
            if row["state"] == "pending":
                self.push(row)

    def _man(self, lane: "_Lane") -> None:
        if len(lane.threads) < self._breadth:
            thread = threading.Thread(target=self._run, args=(lane,), daemon=True)
            lane.threads.add(thread)
            thread.start()

    def _run(self, lane: "_Lane") -> None:
        try:
            while self._is_running:
                with lane.wakened:
                    row = self.claim(lane)
                    if row is None and not lane.wakened.wait(self._nap(lane)) and not lane.heap:
                        lane.threads.discard(threading.current_thread())
                        return  # still locked: whoever pushes next finds nobody, and mans the lane
                if row:
                    self._make(row)
        finally:
            with self._storage.lock:
                lane.threads.discard(threading.current_thread())

    def _nap(self, lane: "_Lane") -> float:
        first = self._first(lane)
        if first is None:
            return _IDLE
        left: float = first["due_at"] - self._storage.time()
        return min(max(0.0, left), _LONGEST_NAP)


class _Lane:
    """What one endpoint has to be sent, soonest first."""

    def __init__(self, lock: threading.RLock) -> None:
        self.heap: list[tuple[float, float, str]] = []
        self.wakened = threading.Condition(lock)
        self.threads: set[threading.Thread] = set()
