"""Stripe's Python SDK calls every endpoint of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.sandbox.conftest import World
from tests.sandbox.tours.python_tour import STOPS
from tests.sandbox.tours.routes import OF_THE_SDKS, answered


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)
def test_the_python_sdk_finds_what_it_made(world: World, stop: Callable[[World], None]) -> None:
    stop(world)


def test_the_python_sdk_leaves_no_endpoint_out(world: World) -> None:
    assert visited(world, STOPS) == OF_THE_SDKS


def test_a_tour_that_leaves_something_out_would_be_noticed(world: World) -> None:
    missing = OF_THE_SDKS - visited(world, STOPS[1:])

    assert missing >= {"DELETE /v1/customers/{}", "GET /v1/customers/search"}


def visited(world: World, stops: Sequence[Callable[[World], None]]) -> set[str]:
    called = answered(world.app)
    for stop in stops:
        world.sandbox.reset()
        stop(world)
    return called
