"""Actors that take turns: greenlets in one thread, and dice that say who goes on.

An actor runs until it pauses. So what happens between two pauses is never interrupted, and the
whole schedule is a sequence of decisions that can be replayed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress

from greenlet import GreenletExit, getcurrent, greenlet

from tests.simulation.dice import Dice


class Killed(BaseException):
    """The process is gone, as after kill -9: nothing of it runs any further."""


class Actor(greenlet):
    """Somebody who acts by turns. `is_killed` while the process that serves them is gone."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        super().__init__(act)
        self.name = name
        self.is_served = False
        self.is_killed = False
        self.can_go_on: Callable[[], bool] = _always


class Scheduler:
    """Runs actors until all have ended, switching between them where they pause.

    `most_switches` bounds how often an actor that could go on has to wait for another: nearly
    every race needs one or two of these (Musuvathi and Qadeer, "Iterative context bounding").
    """

    def __init__(
        self, dice: Dice, *, clock: Callable[[], float], most_switches: int | None = None
    ) -> None:
        self._dice = dice
        self._clock = clock
        self._switches_left = most_switches
        self._actors: list[Actor] = []
        self.is_over = False
        self.trace: list[str] = []

    def add(self, name: str, act: Callable[[], object]) -> None:
        """Let somebody join in."""
        actor = Actor(name, lambda: (self.note("begins"), act()))
        actor.parent = getcurrent().parent or getcurrent()
        self._actors.append(actor)

    def run(self) -> None:
        """Go on until every actor has ended; what one of them raises ends it all."""
        latest: Actor | None = None
        try:
            while self._actors:
                latest = self._next(latest)
                latest.switch()
                if latest.dead:
                    self._actors.remove(latest)
        finally:
            self._end()

    def pause(self, label: str) -> None:
        """Note where the current actor is, and let others go first."""
        self.note(label)
        if not self.is_over and isinstance(actor := getcurrent(), Actor):
            actor.parent.switch()

    def wait_until(self, is_so: Callable[[], bool], label: str) -> None:
        """Let the others go on until something is so."""
        self.note(label)
        if isinstance(actor := getcurrent(), Actor):
            actor.can_go_on = is_so
            while not (is_so() or self.is_over):
                actor.parent.switch()
            actor.can_go_on = _always

    def note(self, label: str) -> None:
        """Write a line into the trace."""
        actor = current_actor()
        self.trace.append(f"{self._clock():.0f} {actor.name if actor else '-'}: {label}")

    def are_others_served(self) -> bool:
        """Say whether somebody else is in the middle of a request."""
        return any(each.is_served for each in self._actors if each is not getcurrent())

    def trace_hash(self) -> str:
        """Return what two runs of the same seed have in common."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()[:16]

    def _next(self, latest: Actor | None) -> Actor:
        """Choose who goes on: the latest, unless it can't or there are switches left."""
        ready = [each for each in self._actors if each.can_go_on()]
        if latest not in ready:
            return self._dice.pick(ready)
        others = [each for each in ready if each is not latest]
        if self._switches_left == 0:
            return latest
        chosen = self._dice.pick([latest, *others])
        if self._switches_left is not None and chosen is not latest:
            self._switches_left -= 1
        return chosen

    def _end(self) -> None:
        """Let all go; what one of them raises on the way out doesn't keep the others in."""
        self.is_over = True
        for actor in self._actors:
            if actor:  # began, and hasn't ended
                with suppress(BaseException):
                    actor.throw(GreenletExit)
        self._actors.clear()


def _always() -> bool:
    return True


def current_actor() -> Actor | None:
    """Return who acts at this moment; None before and after the actors' time."""
    actor = getcurrent()
    return actor if isinstance(actor, Actor) else None
