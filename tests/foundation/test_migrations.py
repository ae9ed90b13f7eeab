"""Migrations that are killed in the middle: the next run finishes them."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn

from scripts.demo_environment import ROOT
from storefront import create_app
from storefront.config import Settings
from storefront.db import db
from tests.postgres import Postgres
from tests.shop import demo_settings

MIGRATIONS = str(ROOT / "migrations")
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

        upgrade(directory=MIGRATIONS)
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


Columns = dict[tuple[str, str], ReflectedColumn]


def columns_after(revision: str) -> Columns:
    """Migrate up to a revision; returns every column, by its table and name."""
    upgrade(directory=MIGRATIONS, revision=revision)
    found = inspect(db.engine)
    tables = found.get_table_names()
    return {(table, each["name"]): each for table in tables for each in found.get_columns(table)}


def narrowed(before: Columns, after: Columns) -> list[tuple[str, str]]:
    """Return the columns that stop the code of before from reading and writing as it did."""
    tables = {table for table, _ in before}
    gone = [name for name in before if name not in after]
    changed = [
        name
        for name in before.keys() & after.keys()
        if str(before[name]["type"]) != str(after[name]["type"])
        or (before[name]["nullable"] and not after[name]["nullable"])
    ]
    unknown = [
        name
        for name in after.keys() - before.keys()
        if name[0] in tables and not after[name]["nullable"] and after[name]["default"] is None
    ]
    return gone + changed + unknown


def test_the_code_of_before_a_migration_goes_on_beside_it(tmp_path: Path):
    """CR-18: during a deployment both run. No column goes, narrows, or must be told anew."""
    app = create_app(demo_settings(f"sqlite:///{tmp_path / 'steps.db'}", "whsec_unused"))
    revisions = [each.revision for each in ScriptDirectory(MIGRATIONS).walk_revisions()][::-1]
    with app.app_context():
        steps = [columns_after(revision) for revision in revisions]
        db.engine.dispose()

    assert len(steps) > 1
    assert [narrowed(*step) for step in itertools.pairwise(steps)] == [[]] * (len(steps) - 1)


def test_what_narrows_is_seen() -> None:
    """The control of the one above."""

    def column(*, nullable: bool, default: str | None = None, type_: str = "TEXT") -> Any:
        return {"type": type_, "nullable": nullable, "default": default}

    before = {("a", name): column(nullable=True) for name in ("gone", "strict", "other", "same")}
    after = {
        ("a", "strict"): column(nullable=False),
        ("a", "other"): column(nullable=True, type_="BIGINT"),
        ("a", "same"): column(nullable=True),
        ("a", "must_be_told"): column(nullable=False),
        ("a", "needn't_be_told"): column(nullable=False, default="0"),
        ("b", "new"): column(nullable=False),
    }

    assert {name for _, name in narrowed(before, after)} == {
        "gone", "strict", "other", "must_be_told",
    }  # fmt: skip
