"""Whatever anybody does at any time: the rules hold."""

from __future__ import annotations

from functools import cache

import pytest

from tests.simulation.random_cast import play_at_random
from tests.simulation.runs import Tally, tally_of
from tests.simulation.world import World

CHUNKS, SEEDS_OF_A_CHUNK = 5, 30


@cache
def played(world: World, chunk: int) -> Tally:
    """Play the seeds of a chunk, once per process."""
    seeds = range(chunk * SEEDS_OF_A_CHUNK, (chunk + 1) * SEEDS_OF_A_CHUNK)
    return tally_of(play_at_random(world, seed) for seed in seeds)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_rules_hold_whatever_anybody_does(world: World, chunk: int) -> None:
    """One seed decides everything; `make simulate SEED=…` plays one again, with its trace."""
    assert [str(report) for report in played(world, chunk).broken] == []


def test_the_schedules_are_wild_enough_to_prove_anything(world: World) -> None:
    """The control: what a few seeds reach is worth checking."""
    seen = played(world, 0).seen + played(world, 1).seen

    assert seen.keys() >= {"crash", "fault", "loss", "lost", "attacks"}
    assert seen.keys() >= {"order paid", "order cancelled", "order refunded", "attention disputed"}
    assert seen.keys() >= {f"delivery {each}" for each in ("applied", "stale", "duplicate")}
