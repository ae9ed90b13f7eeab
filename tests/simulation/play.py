"""One schedule from its opening to its fair end, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulation.dice import Dice
from tests.simulation.ending import LEFT, end_fairly, unfinished
from tests.simulation.invariants import Broken
from tests.simulation.ledger import differences

if TYPE_CHECKING:
    from tests.simulation.world import World

Act = Callable[["World"], object]
SHOWN_OF_A_TRACE = 120


@dataclass(frozen=True)
class Scenario:
    """Who does what at the same time, beginning where; and what may go wrong meanwhile."""

    opening: str
    cast: Mapping[str, Act]
    hazards: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What one schedule came to. `broken` is None when everything held."""

    name: str
    broken: str | None
    trace: tuple[str, ...]
    trace_hash: str
    seen: Counter[str]
    ends: tuple[str, ...]

    @property
    def steps(self) -> int:
        """How many lines its trace has."""
        return len(self.trace)

    def __str__(self) -> str:
        lines = self.trace[-SHOWN_OF_A_TRACE:]
        return "\n".join([f"{self.name}: {self.broken or 'all held'}", *lines])


def play(
    world: World,
    scenario: Scenario,
    dice: Dice,
    *,
    name: str,
    seed: int = 0,
    switches: int | None = None,
) -> Report:
    """Play one schedule of a scenario."""
    schedule = world.open(scenario.opening, dice, seed=seed, switches=switches, **scenario.hazards)
    broken = None
    try:
        for actor, act in scenario.cast.items():
            schedule.scheduler.add(actor, _bound(act, world))
        schedule.scheduler.run()
        end_fairly(world)
        broken = "\n".join([*unfinished(world), *_complaints(world)]) or None
    except (Broken, AssertionError) as error:
        broken = str(error)
    trace = tuple(schedule.scheduler.trace)
    return Report(
        name, broken, trace, schedule.scheduler.trace_hash(),
        schedule.seen + schedule.hazards.struck + world.watch.attentions(), world.watch.ends(),
    )  # fmt: skip


def _complaints(world: World) -> Iterator[str]:
    tokens = {str(row[0]) for row in world.watch.ask(LEFT)}
    return differences(world.sandbox, world.browsers, left_to_a_person=tokens)


def _bound(act: Act, world: World) -> Callable[[], object]:
    return lambda: act(world)
