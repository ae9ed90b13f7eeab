"""The same seed is the same schedule, in whatever process and after whatever else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.demo_environment import ROOT
from tests.simulation.random_cast import play_at_random
from tests.simulation.world import World

SEEDS = range(5, 15)


def test_the_same_seed_has_the_same_trace_after_whatever_else(world: World) -> None:
    hashes = {seed: play_at_random(world, seed).trace_hash for seed in SEEDS}

    again = {seed: play_at_random(world, seed).trace_hash for seed in reversed(SEEDS)}

    assert again == hashes
    assert len(set(hashes.values())) == len(SEEDS)


def test_the_same_seed_has_the_same_trace_in_another_process(
    world: World, sqlite_template: Path
) -> None:
    """Whatever Python's hashes are there."""
    report = play_at_random(world, seed=7)

    for number in ("1", "2"):
        printed = in_another_process(sqlite_template, PYTHONHASHSEED=number)
        assert printed.splitlines() == [
            *report.trace, "seed 7: all held", f"trace {report.trace_hash}",
        ]  # fmt: skip


def in_another_process(template: Path, **environment: str) -> str:
    """Play seed 7 as `make simulate SEED=7` does; returns what it printed."""
    command = ("-m", "tests.simulation", "--seed", "7", "--database", str(template))
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
