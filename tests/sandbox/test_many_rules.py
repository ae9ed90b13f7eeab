"""How many rules there may be: what is armed and never disarmed isn't kept for ever."""

from __future__ import annotations

import pytest

from stripe_sandbox.rules import MOST_ACTIVE
from tests.sandbox.conftest import World


def test_so_many_rules_may_wait_and_the_oldest_about_one_object_gives_way(world: World) -> None:
    """The shop arms one for each order that somebody tries out; nobody disarms them."""
    rules = world.sandbox.rules
    lasting = rules.add("duplicate")
    for number in range(MOST_ACTIVE):
        rules.replace_about(f"order_{number}", [{"kind": "drop"}])

    assert len(rules.all()) == MOST_ACTIVE
    assert rules.all()[0] == lasting
    assert rules.all()[1]["about"] == "order_1"


def test_more_rules_about_everything_are_refused_and_change_nothing(world: World) -> None:
    rules = world.sandbox.rules
    before = rules.replace([{"kind": "drop", "times": 9}] * MOST_ACTIVE)

    for add in (
        lambda: rules.add("drop"),
        lambda: rules.replace_about("order_1", [{"kind": "drop"}]),
        lambda: rules.replace([{"kind": "drop"}] * (MOST_ACTIVE + 1)),
    ):
        with pytest.raises(ValueError, match="500 rules at most"):
            add()

    assert rules.all() == before
