"""Hypothesis rolls the dice: it looks for trouble in its own way, and makes what it finds small."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from storefront import catalog, checkout
from tests.simulation.dice import Dice, DrawnDice
from tests.simulation.play import Report, Scenario, play
from tests.simulation.random_cast import drawn_scenario
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.test_controls import look_at_the_shelf_first, take_what_was_seen
from tests.simulation.world import World

FEW = settings(
    max_examples=30,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def dice_of(data: st.DataObject) -> DrawnDice:
    """Return dice whose every number Hypothesis draws."""
    return DrawnDice(lambda below: data.draw(st.integers(0, below - 1)))


def drawn(world: World, scenario: Scenario, dice: Dice) -> Report:
    return play(world, scenario, dice, name="drawn")


def test_hypothesis_finds_nothing(world: World) -> None:
    @FEW
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        dice = dice_of(data)
        report = drawn(world, drawn_scenario(dice), dice)
        assert report.broken is None, str(report)

    hold()


def test_what_it_finds_is_made_small(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: stock that is read, then written, needs one switch at the wrong moment."""
    monkeypatch.setattr(checkout, "place_order", look_at_the_shelf_first)
    monkeypatch.setattr(catalog, "take", take_what_was_seen)
    wild: list[int] = []

    @FEW
    @given(st.data())
    def hold(data: st.DataObject) -> None:
        dice = dice_of(data)
        report = drawn(world, SCENARIOS["two shoppers and the same thing"], dice)
        if report.broken:
            wild.append(dice.wild)
        assert report.broken is None, report.broken

    with pytest.raises(AssertionError, match="S1:"):
        hold()
    assert wild[-1] == min(wild) <= 3 < max(wild)
