"""Many schedules on all cores, and what they came to in numbers."""

from __future__ import annotations

import multiprocessing.util
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.play import Report
from tests.simulation.random_cast import play_at_random
from tests.simulation.scenarios import every_order
from tests.simulation.world import World

SEEDS_AT_ONCE = 50
Job = tuple[str, Sequence[int]] | tuple[str, int]


@dataclass
class Tally:
    """What a number of schedules came to."""

    schedules: int = 0
    steps: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    broken: list[Report] = field(default_factory=list)

    def count(self, report: Report) -> None:
        """Add one schedule."""
        self.schedules += 1
        self.steps += report.steps
        self.seen += report.seen + Counter(f"order {end}" for end in report.ends)
        if report.broken:
            self.broken.append(report)

    def add(self, other: Tally) -> None:
        """Add what another process has played."""
        self.schedules += other.schedules
        self.steps += other.steps
        self.seen += other.seen
        self.broken += other.broken


@contextmanager
def world_from(template: Path) -> Iterator[World]:
    """Make a world with a copy of a migrated and seeded database."""
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(shutil.copy(template, directory)))
        try:
            yield world
        finally:
            world.close()


def tally_of(reports: Iterator[Report]) -> Tally:
    """Play schedules, and count."""
    tally = Tally()
    for report in reports:
        tally.count(report)
    return tally


def in_processes(template: Path, jobs: Sequence[Job]) -> Iterator[tuple[Job, Tally]]:
    """Do the jobs in a process per core; yields each as it is done."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), _enter_world, [template]) as pool:
        yield from pool.imap_unordered(_do, jobs)


def seeds(first: int, many: int) -> list[Job]:
    """Return the jobs that play so many schedules at random."""
    numbers = range(first, first + many)
    return [("random", numbers[at : at + SEEDS_AT_ONCE]) for at in range(0, many, SEEDS_AT_ONCE)]


_worlds = ExitStack()
_world: World


def _enter_world(template: Path) -> None:
    global _world  # noqa: PLW0603 - one per process
    _world = _worlds.enter_context(world_from(template))
    multiprocessing.util.Finalize(None, _worlds.close, exitpriority=10)


def _do(job: Job) -> tuple[Job, Tally]:
    name, what = job
    if isinstance(what, int):
        return job, tally_of(every_order(_world, name, more=what))
    return job, tally_of(play_at_random(_world, seed) for seed in what)
