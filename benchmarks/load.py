"""Requests made beforehand, sent over connections that stay open, by one loop without threads.

A request costs the loop some 30 µs, so that what is measured is the server.
"""

from __future__ import annotations

import selectors
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

PATIENCE = 30.0


@dataclass(slots=True)
class Answered:
    """What so many requests were answered, how long each took, and the CPU that all cost."""

    wall: float = 0.0
    cpu: float = 0.0
    durations: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    size: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.durations) / self.wall

    def milliseconds(self, percent: int) -> float:
        """Return the duration that so many of a hundred requests stayed under."""
        return statistics.quantiles(self.durations, n=100)[percent - 1] * 1000

    def add(self, other: Answered) -> None:
        """Count another round's answers in."""
        self.wall += other.wall
        self.cpu += other.cpu
        self.durations += other.durations
        self.size = other.size
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count


class Connections:
    """So many connections to one port; each sends its next request once the last is answered."""

    def __init__(self, port: int, count: int) -> None:
        self._selector = selectors.DefaultSelector()
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connection, selectors.EVENT_READ, _Waiting())

    def send(self, requests: Sequence[bytes]) -> Answered:
        """Send all requests, and return once each is answered."""
        left, answered = iter(requests), Answered()
        begun = time.perf_counter()
        for key in self._selector.get_map().values():
            self._begin(key, next(left, None))
        while len(answered.durations) < len(requests):
            ready = self._selector.select(PATIENCE)
            if not ready:
                raise TimeoutError("The server answers no more.")
            for key, _ in ready:
                if self._has_answer(key, answered):
                    self._begin(key, next(left, None))
        answered.wall = time.perf_counter() - begun
        return answered

    def close(self) -> None:
        """Close every connection."""
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _begin(self, key: selectors.SelectorKey, request: bytes | None) -> None:
        if request is not None:
            key.data.since, key.data.heard = time.perf_counter(), b""
            key.fileobj.sendall(request)  # type: ignore[union-attr]

    def _has_answer(self, key: selectors.SelectorKey, answered: Answered) -> bool:
        """Read what came; count it, and say so, when the answer is whole."""
        chunk = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
        if not chunk:
            raise ConnectionError("The server closed a connection.")
        key.data.heard += chunk
        head, end, body = key.data.heard.partition(b"\r\n\r\n")
        if not end or len(body) < _content_length(head):
            return False
        answered.durations.append(time.perf_counter() - key.data.since)
        status = int(head[9:12])
        answered.statuses[status] = answered.statuses.get(status, 0) + 1
        answered.size = len(body)
        return True


@dataclass(slots=True)
class _Waiting:
    """What a connection waits for: since when, and what of it has come."""

    since: float = 0.0
    heard: bytes = b""


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0
