"""Migrations that are killed in the middle: the next run finishes them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import create_engine, event, inspect

from storefront import create_app
from storefront.config import Settings
from storefront.db import db
from tests.postgres import Postgres
from tests.shop import demo_settings

FORK = multiprocessing.get_context("fork")
# Kill before these statements: enough to meet every migration, and the moment after each.
MOMENTS = range(1, 200, 16)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path):
    """The URL of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database() as url:
        yield url


def migrate(settings: Settings, dies_at: int | None = None) -> int:
    """Migrate in a process of its own, which may die before a statement; returns its exit code."""
    worker = FORK.Process(target=_migrate, args=(settings, dies_at))
    worker.start()
    worker.join(60)
    assert worker.exitcode is not None
    return worker.exitcode


def _migrate(settings: Settings, dies_at: int | None) -> None:
    app = create_app(settings)
    with app.app_context():
        if dies_at is not None:
            seen = iter(range(dies_at))

            @event.listens_for(db.engine, "before_cursor_execute")
            def count(*_: object) -> None:
                if next(seen, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)

        upgrade(directory=str(Path(app.root_path).parent / "migrations"))
    os._exit(0)


def shape(url: str) -> dict[str, list[str]]:
    """Return every table with its columns."""
    engine = create_engine(url)
    found = inspect(engine)
    tables = {
        table: sorted(column["name"] for column in found.get_columns(table))
        for table in found.get_table_names()
    }
    engine.dispose()
    return tables


def test_a_migration_that_was_killed_can_be_run_again(empty_url: str):
    """CR-18: at any statement; each migration is one transaction, on SQLite too."""
    settings = demo_settings(empty_url, "whsec_unused")
    deaths = 0

    for moment in MOMENTS:
        deaths += migrate(settings, dies_at=moment) == -signal.SIGKILL

    assert deaths > 1
    assert migrate(settings) == 0
    assert set(db.metadata.tables) <= shape(empty_url).keys()
    for name, table in db.metadata.tables.items():
        assert shape(empty_url)[name] == sorted(column.name for column in table.columns)
