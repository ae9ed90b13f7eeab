"""What these suites share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import seeded
from tests.postgres import Postgres
from tests.shop import Shop


@pytest.fixture
def postgres_shop(postgres: Postgres) -> Iterator[Shop]:
    """A shop on PostgreSQL alone, for what SQLite doesn't have."""
    postgres.template("seeded", seeded)
    with postgres.lent("seeded") as url, Shop(url) as running:
        yield running
