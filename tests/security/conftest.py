"""A shop that tests share, when all that they try must change nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import Shop, Visitor


@pytest.fixture(scope="module")
def shared_shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop for a whole module."""
    path = tmp_path_factory.mktemp("shared") / "shop.db"
    shutil.copy(sqlite_template, path)
    with Shop(f"sqlite:///{path}") as running:
        yield running


@pytest.fixture(scope="module")
def customer(shared_shop: Shop) -> tuple[Visitor, str]:
    """Somebody whose every form would do something, and their order's token."""
    visitor = shared_shop.visitor()
    return visitor, visitor.buy()
