"""Scenarios drawn by dice: who is there, how long each goes on, and how much goes wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tests.simulation import attacker, shopkeeper, shoppers, stripe_side
from tests.simulation.dice import Dice, SeededDice
from tests.simulation.openings import FORGETFUL, OPENINGS
from tests.simulation.play import Act, Report, Scenario, play

if TYPE_CHECKING:
    from tests.simulation.world import World

# Who may be there beside the shoppers, what they do, and how often at most. More of the same act
# means that it happens more often; the tamest comes first.
PARTS: Mapping[str, tuple[Sequence[Act], int]] = {
    "Stripe": (
        [stripe_side.deliver_one] * 8
        + [stripe_side.deliver_once_more] * 2
        + [stripe_side.lose_one],
        6,
    ),
    "Stripe, too": ([stripe_side.deliver_one, stripe_side.deliver_once_more], 3),
    "time": ([stripe_side.let_time_pass], 2),
    "worker": ([shopkeeper.work, shopkeeper.expire_orders, shopkeeper.read_again], 2),
    "another worker": ([shopkeeper.empty_the_outbox, shopkeeper.compare_with_stripe], 1),
    "operator": ([shopkeeper.refund] * 3 + [shopkeeper.resolve_attentions], 2),
    "Dashboard": (
        [stripe_side.refund_in_the_dashboard, stripe_side.dispute, stripe_side.fail_a_refund], 1,
    ),
    "attacker": (
        [attacker.forge, attacker.replay, attacker.tell_of_another_shop,
         attacker.come_back_as_if_paid],
        2,
    ),
}  # fmt: skip
MOST_ACTS = 4


def play_at_random(world: World, seed: int) -> Report:
    """Play the schedule that a seed means."""
    dice = SeededDice(seed)
    return play(world, drawn_scenario(dice), dice, name=f"seed {seed}", seed=seed)


def drawn_scenario(dice: Dice) -> Scenario:
    """Draw one."""
    opening = dice.pick([name for name, act in OPENINGS.items() if act not in FORGETFUL])
    cast: dict[str, Act] = {"shopper": _shopper(0), "neighbour": _shopper(1)}
    for name, (acts, most) in PARTS.items():
        if many := dice.number(2) * (1 + dice.number(most)):
            cast[name] = _repeated(acts, many)
    hazards = {
        "crashes": dice.number(3), "faults": dice.number(3), "losses": dice.number(2),
        "odds": 12, "ticks": (0, 0, 0, 1),
    }  # fmt: skip
    return Scenario(opening, cast, hazards)


def _shopper(number: int) -> Act:
    def act(world: World) -> None:
        if number < len(world.browsers):
            browser, dice = world.browsers[number], world.schedule.dice
            for _ in range(1 + dice.number(MOST_ACTS)):
                dice.pick(shoppers.EVERY_ACT)(browser)

    return act


def _repeated(acts: Sequence[Act], many: int) -> Act:
    def act(world: World) -> None:
        for _ in range(many):
            world.schedule.scheduler.pause("looks around")
            world.schedule.dice.pick(acts)(world)

    return act
