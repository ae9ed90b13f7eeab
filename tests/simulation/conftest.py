"""One world for the tests of a module: what it replaces is put back at the end of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.runs import world_from
from tests.simulation.world import World


@pytest.fixture(scope="module")
def world(sqlite_template: Path) -> Iterator[World]:
    """The shop and the sandbox, ready to be set back to an opening."""
    with world_from(sqlite_template) as made:
        yield made
