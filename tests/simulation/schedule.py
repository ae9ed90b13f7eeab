"""What belongs to one schedule, and the moment that it begins at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from stripe_sandbox.storage import State
from tests.simulation.dice import Dice
from tests.simulation.hazards import Hazards
from tests.simulation.scheduler import Scheduler


@dataclass
class Schedule:
    """One run: who decides, what may go wrong, who acts, and what was seen of it."""

    dice: Dice
    hazards: Hazards
    scheduler: Scheduler
    seen: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    forged: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Kept:
    """A moment of both programs to go back to."""

    books: Any
    state: State
    now: float
