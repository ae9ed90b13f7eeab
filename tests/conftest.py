"""What every suite shares: a shop and a sandbox in one process, on each database in turn."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from storefront import catalog, create_app
from storefront.db import db
from tests.processes import migrate
from tests.shop import Shop, Visitor, demo_settings

if TYPE_CHECKING:
    from tests.postgres import Postgres

pytest_plugins = ["tests.no_silent_skips", "tests.postgres", "tests.chromium", "tests.thrift"]

# A file system on which every commit is as durable as here, and costs nothing; where there is one.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def seeded(url: str) -> None:
    """Migrate the database at `url` and put the shop's products on sale."""
    migrate(url)
    app = create_app(demo_settings(url, "whsec_unused"))
    with app.app_context():
        catalog.seed()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and seeded SQLite file, to be copied for every test."""
    path = tmp_path_factory.mktemp("template") / "shop.db"
    seeded(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, seeded database; a test that uses it runs on both kinds."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    postgres.template("seeded", seeded)
    with postgres.lent("seeded") as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> Iterator[str]:
    """The URL of a fresh, seeded SQLite database, for tests that the database means nothing to."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield f"sqlite:///{shutil.copy(sqlite_template, Path(folder) / 'shop.db')}"


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """A shop with its own sandbox, run step by step, on SQLite and on PostgreSQL."""
    with Shop(database_url) as running:
        yield running


@pytest.fixture
def sqlite_shop(sqlite_url: str) -> Iterator[Shop]:
    """The same on SQLite alone."""
    with Shop(sqlite_url) as running:
        yield running


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    """Somebody with a browser and an empty cart."""
    return shop.visitor()
