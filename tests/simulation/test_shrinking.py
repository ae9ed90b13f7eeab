"""Hypothesis rolls the dice: it looks for trouble in its own way, and makes what it finds small."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, given, settings

from tests.simulation.dice import DrawnDice
from tests.simulation.play import Report, play
from tests.simulation.random_cast import drawn_scenario
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.world import World

FEW = settings(
    max_examples=15,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def drawn(world: World, data: st.DataObject, name: str = "") -> Report:
    """Play a schedule whose every decision Hypothesis draws."""
    dice = DrawnDice(lambda below: data.draw(st.integers(0, below - 1)))
    scenario = SCENARIOS[name] if name else drawn_scenario(dice)
    return play(world, scenario, dice, name="drawn")


def test_hypothesis_finds_nothing(world: World) -> None:
    @FEW
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        report = drawn(world, data)
        assert report.broken is None, str(report)

    hold()
