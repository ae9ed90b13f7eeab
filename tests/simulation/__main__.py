"""`make simulate`: thousands of schedules, or one again with its trace."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import seeded
from tests.simulation.play import Report
from tests.simulation.random_cast import play_at_random
from tests.simulation.runs import Tally, in_processes, seeds, world_from
from tests.simulation.scenarios import SCENARIOS

# Beside the random ones: every scenario with this many switches more than in `make test`.
MORE_SWITCHES = 1


def main() -> None:
    """Read the options, play, and print what came of it; fails when something didn't hold."""
    options = _options()
    with tempfile.TemporaryDirectory() as directory:
        template = options.database or Path(directory) / "template.db"
        if options.database is None:
            seeded(f"sqlite:///{template}")
        if options.seed is not None:
            broken = _play_again(template, options.seed)
        else:
            broken = _play_many(template, options.schedules, options.first, options.more)
    sys.exit(f"{broken} schedules broke a rule." if broken else None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--schedules", type=int, default=2000, help="how many at random")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first of them")
    parser.add_argument("--more", type=int, default=MORE_SWITCHES, help="switches in the scenarios")
    parser.add_argument("--seed", type=int, help="play one again, and print its trace")
    parser.add_argument("--database", type=Path, help="a migrated and seeded SQLite file to copy")
    return parser.parse_args()


def _play_again(template: Path, seed: int) -> int:
    with world_from(template) as world:
        report = play_at_random(world, seed)
    print(*report.trace, sep="\n")
    print(f"{report.name}: {report.broken or 'all held'}\ntrace {report.trace_hash}")
    return bool(report.broken)


def _play_many(template: Path, schedules: int, first: int, more: int) -> int:
    began, whole, at_random = time.monotonic(), Tally(), Tally()
    jobs = [*((name, more) for name in SCENARIOS), *seeds(first, schedules)]
    for (name, _), tally in in_processes(template, jobs):
        whole.add(tally)
        if name in SCENARIOS:
            print(f"{tally.schedules:6} orders of “{name}”")
        else:
            at_random.add(tally)
        for report in tally.broken:
            _print_broken(report)
    _print_numbers(whole, at_random, seconds=time.monotonic() - began)
    return len(whole.broken)


def _print_broken(report: Report) -> None:
    print(f"\n{report}\n")
    if report.name.startswith("seed "):
        print(f"Play it again: make simulate SEED={report.name.removeprefix('seed ')}\n")


def _print_numbers(whole: Tally, at_random: Tally, *, seconds: float) -> None:
    print(f"{at_random.schedules:6} schedules at random")
    print(
        f"{whole.schedules} schedules, {whole.steps} steps, {seconds:.0f} s: "
        f"{whole.schedules / seconds * 60:.0f} schedules a minute."
    )
    for word in ("order", "attention", "delivery", "page", "crash", "fault", "loss"):
        counted = {what: many for what, many in whole.seen.items() if what.split()[0] == word}
        told = ", ".join(f"{what.partition(' ')[2] or 'all'} {many}" for what, many in
                         sorted(counted.items()))  # fmt: skip
        print(f"{word:>10}: {told or 'none'}")


if __name__ == "__main__":
    main()
