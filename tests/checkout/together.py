"""Several requests at the same moment, each from a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def together(*calls: Callable[[], T], apart: float = 0.0) -> Sequence[T]:
    """Make all calls at once, each `apart` seconds after the one before; answers in order."""
    barrier = Barrier(len(calls))

    def run(number: int) -> T:
        barrier.wait(60)
        time.sleep(apart * number)
        return calls[number]()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, range(len(calls))))
