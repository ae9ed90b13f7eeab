"""Real processes, killed and restarted under load: what was acknowledged is there afterwards.

`make chaos` does the same for longer and prints the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.calamities import deploy, kill_workers, own_postgres, restart_database, url_of
from tests.chaos.town import Town, town


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A shop of two processes and its sandbox."""
    with town(tmp_path_factory.mktemp("town"), workers=2) as running:
        yield running


def test_a_deployment_finishes_what_is_in_flight(on_sqlite: Town) -> None:
    """CR-07: SIGTERM during 20 checkouts; none is lost, none happens twice."""
    tale = deploy(on_sqlite)

    assert tale.books.complaints == []
    assert tale.books.paid == 20
    assert int(str(tale.numbers["finished by the old process"])) >= 16


def test_workers_killed_at_random_lose_nothing(on_sqlite: Town) -> None:
    """CR-02, CR-05, CR-06 and E2: kill -9 under load, restart, and the books agree."""
    tale = kill_workers(on_sqlite, seconds=3, seed=5, every=0.8)

    assert tale.books.complaints == []
    assert int(str(tale.numbers["kills"])) >= 2


def test_a_database_restarted_under_load_is_found_again_in_five_seconds(tmp_path: Path) -> None:
    """CR-14: crashed and started again; 503 in between, and nothing acknowledged is missing."""
    with (
        own_postgres() as server,
        town(tmp_path, workers=2, database_url=url_of(server)) as on_postgres,
    ):
        tale = restart_database(on_postgres, server, times=2, pause=0.7)

    assert tale.books.complaints == []
    assert "503" in str(tale.numbers["answers"])
