"""What may go wrong in a schedule, how often, and how fast time goes by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.dice import Dice

# As the sandbox calls them: `stripe_sandbox/faults.py`.
FAULTS = ("timeout_before", "timeout_after", "reset", "500", "429", "409")


@dataclass(slots=True)
class Hazards:
    """So many of each at most, each time with a chance of one in `odds`.

    crashes: a process is killed at a commit or at a call to Stripe. faults: a call to Stripe fails,
    in one of `kinds`. losses: an answer of the shop's never arrives. `ticks` are the seconds that
    may pass from one pause to the next.
    """

    dice: Dice
    crashes: int = 0
    faults: int = 0
    losses: int = 0
    odds: int = 2
    kinds: tuple[str, ...] = FAULTS
    ticks: tuple[int, ...] = (0,)
    struck: Counter[str] = field(default_factory=Counter)

    def has_crash(self) -> bool:
        """Say whether the process is killed here."""
        return self._strikes("crash", self.crashes)

    def has_loss(self) -> bool:
        """Say whether this answer is lost on its way back."""
        return self._strikes("loss", self.losses)

    def fault(self) -> str | None:
        """Return what this call to Stripe suffers, if anything."""
        if not self._strikes("fault", self.faults):
            return None
        kind = self.dice.pick(self.kinds)
        self.struck[f"fault {kind}"] += 1
        return kind

    def tick(self) -> int:
        """Return how many seconds pass."""
        return self.dice.pick(self.ticks)

    def calm_down(self) -> None:
        """Let nothing go wrong any more."""
        self.crashes = self.faults = self.losses = 0

    def _strikes(self, what: str, at_most: int) -> bool:
        if self.struck[what] >= at_most or not self.dice.one_in(self.odds):
            return False
        self.struck[what] += 1
        return True
