"""Everything that the two programs take from outside, put into the hands of the simulation.

The clock and the way to Stripe are given to `create_app`. What is left are random ids and naps:
they are replaced here, by name, for as long as a world exists.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")


class Urn:
    """What `secrets` and `random` are asked for, drawn from a seed.

    `drawn` is how often by now: with the same seed, the same follows.
    """

    def __init__(self) -> None:
        self.refill("")

    def refill(self, seed: object) -> None:
        """Begin a seed's series again."""
        self._random = random.Random(f"ids {seed}")
        self.drawn = (str(seed), 0)

    def randbelow(self, limit: int) -> int:
        return self._next().randrange(limit)

    def choice(self, options: Sequence[T]) -> T:
        return self._next().choice(options)

    def uniform(self, low: float, high: float) -> float:
        return self._next().uniform(low, high)

    def _next(self) -> random.Random:
        seed, times = self.drawn
        self.drawn = (seed, times + 1)
        return self._random


def replaced(urn: Urn, nap: Callable[[float], None]) -> ExitStack:
    """Replace them until the stack that is returned is closed.

    The SDK and the gateway nap between two tries, the checkout while Stripe is busy.
    """
    naps = SimpleNamespace(sleep=nap, time=time.time, perf_counter=time.perf_counter)
    stack = ExitStack()
    for name, stand_in in (
        ("storefront.ids.secrets", urn),
        ("storefront.models.shop.secrets", urn),
        ("storefront.checkout.time", naps),
        ("storefront.gateway.time", naps),
        ("stripe._http_client.random", urn),
        ("stripe._http_client.time", naps),
    ):
        stack.enter_context(patch(name, stand_in))
    return stack


def name_products(books: Any) -> None:
    """Give the products the same ids in every process; they were drawn when the shop was seeded."""
    name = "'prod_' || replace(slug, '-', '_')"
    books.execute("PRAGMA foreign_keys=OFF")
    books.execute(
        f"UPDATE prices SET product_id = (SELECT {name} FROM products WHERE id = product_id)"
    )
    books.execute(f"UPDATE products SET id = {name}")
