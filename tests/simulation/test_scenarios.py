"""Small races with names, in every order: the rules hold in each."""

from __future__ import annotations

import pytest

from tests.simulation.dice import every_way
from tests.simulation.scenarios import SCENARIOS, every_order
from tests.simulation.world import World

# I2: wherever it is killed and whatever is lost, it ends where it ends without.
HEALED = ("killed", "a call is lost")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_order_of_a_scenario_keeps_the_rules(world: World, name: str) -> None:
    """The safety rules after every commit, the others after a fair end, and money with money."""
    reports = list(every_order(world, name))

    assert [str(report) for report in reports if report.broken] == []
    assert len({report.trace_hash for report in reports}) > 1
    if name.startswith(HEALED):
        struck = {bool(report.seen["crash"] + report.seen["fault"]) for report in reports}
        assert (struck, len({report.ends for report in reports})) == ({True, False}, 1)


def test_every_way_is_every_way_once() -> None:
    ways = list(every_way(lambda dice: (dice.number(2), dice.number(3) if dice.decided else 0)))

    assert ways == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
