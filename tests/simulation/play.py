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
from tests.simulation.moments import fingerprint

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


@dataclass(frozen=True)
class End:
    """What a schedule ended with: what doesn't hold, who is asked to look, where orders stand."""

    broken: str | None
    attentions: Counter[str]
    orders: tuple[str, ...]


@dataclass(frozen=True)
class Series:
    """What all orders of one scenario share: a bound, and the ends that they came to by now."""

    switches: int
    ends: dict[str, End] = field(default_factory=dict)


def play(
    world: World,
    scenario: Scenario,
    dice: Dice,
    *,
    name: str,
    seed: int = 0,
    series: Series | None = None,
) -> Report:
    """Play one schedule of a scenario, alone or as one of a series."""
    switches, ends = (series.switches, series.ends) if series else (None, None)
    schedule = world.open(scenario.opening, dice, seed=seed, switches=switches, **scenario.hazards)
    try:
        for actor, act in scenario.cast.items():
            schedule.scheduler.add(actor, _bound(act, world))
        schedule.scheduler.run()
        end = _ended(world, ends)
    except (Broken, AssertionError) as error:
        end = _end_of(world, str(error))
    trace = tuple(schedule.scheduler.trace)
    seen = schedule.seen + schedule.hazards.struck + end.attentions
    return Report(name, end.broken, trace, schedule.scheduler.trace_hash(), seen, end.orders)


def _ended(world: World, known: dict[str, End] | None) -> End:
    """End a schedule fairly; from a moment that another one came to, it would end like that one.

    That is then not played again: it can be the longer half, and nothing in it is left to chance.
    """
    moment = fingerprint(world) if known is not None else ""
    if known and moment in known:
        return known[moment]
    end_fairly(world)
    end = _end_of(world, "\n".join([*unfinished(world), *_complaints(world)]) or None)
    if known is not None:
        known[moment] = end
    return end


def _end_of(world: World, broken: str | None) -> End:
    return End(broken, world.watch.attentions(), world.watch.ends())


def _complaints(world: World) -> Iterator[str]:
    tokens = {str(row[0]) for row in world.watch.ask(LEFT)}
    return differences(world.sandbox, world.browsers, left_to_a_person=tokens)


def _bound(act: Act, world: World) -> Callable[[], object]:
    return lambda: act(world)
