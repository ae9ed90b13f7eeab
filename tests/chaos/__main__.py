"""`make chaos`: the long versions, on SQLite and on PostgreSQL, with what was counted.

Some minutes; SECONDS is how long workers are killed on each. `make test` runs short ones.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos import calamities
from tests.chaos.calamities import Tale, own_postgres, url_of
from tests.chaos.same_event import deliver_to_all
from tests.chaos.town import Town, town

SECONDS = float(os.environ.get("SECONDS", "30"))
ROUNDS = 20
SEED = int(os.environ.get("SEED", str(time.time_ns() % 10_000)))

CALAMITIES: dict[str, Callable[[Town], Tale]] = {
    "workers killed": lambda town: calamities.kill_workers(
        town, seconds=SECONDS, seed=SEED, every=2
    ),
    "deployed in the middle": calamities.deploy,
    "Stripe silent": lambda town: calamities.lose_stripe(town, seconds=15),
}


def main() -> None:
    """Let everything happen that may, and say what was lost: nothing."""
    print(f"SEED={SEED} SECONDS={SECONDS:.0f}")
    complaints = [complaint for told in _tales() for complaint in told]
    sys.exit(f"{len(complaints)} complaints." if complaints else None)


def _tales() -> Iterator[list[str]]:
    with _place() as directory:
        url = f"sqlite:///{directory / 'same_event.db'}"
        yield _told("SQLite, the same event at once", deliver_to_all(url, rounds=ROUNDS))
    with _place() as directory, town(directory) as on_sqlite:
        for name, happen in CALAMITIES.items():
            yield _told(f"SQLite, {name}", happen(on_sqlite))
    with own_postgres() as server:
        told = deliver_to_all(url_of(server), rounds=ROUNDS)
        yield _told("PostgreSQL, the same event at once", told)
    with (
        _place() as directory,
        own_postgres() as server,
        town(directory, database_url=url_of(server)) as on_postgres,
    ):
        for name, happen in CALAMITIES.items():
            yield _told(f"PostgreSQL, {name}", happen(on_postgres))
        restarted = calamities.restart_database(on_postgres, server, times=5, pause=SECONDS / 10)
        yield _told("PostgreSQL, restarted", restarted)


@contextmanager
def _place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="storefront-chaos-") as directory:
        yield Path(directory)


def _told(name: str, tale: Tale) -> list[str]:
    print(f"{name}: {tale}", *tale.books.complaints, sep="\n  ", flush=True)
    return tale.books.complaints


if __name__ == "__main__":
    main()
