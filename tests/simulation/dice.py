"""Who decides what happens next: chance from a seed, every order in turn, or Hypothesis.

Everything that a schedule leaves open is drawn here, as numbers below a limit. 0 is always the
tamest choice (go on, nothing fails), so whoever makes numbers smaller makes a schedule simpler.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice(ABC):
    """What a schedule is decided by."""

    @abstractmethod
    def number(self, below: int) -> int:
        """Return a whole number from 0 up to, but not including, `below`."""

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first is the tamest."""
        return options[self.number(len(options)) if len(options) > 1 else 0]

    def one_in(self, many: int) -> bool:
        """Say yes once in so many times."""
        return self.number(many) == many - 1


class SeededDice(Dice):
    """The same numbers for the same seed, in whatever process."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def number(self, below: int) -> int:
        return self._random.randrange(below)


class ScriptedDice(Dice):
    """What a script says, then always 0; keeps what was decided, and among how many."""

    def __init__(self, script: Sequence[int]) -> None:
        self._script = script
        self.decided: list[tuple[int, int]] = []

    def number(self, below: int) -> int:
        turn = len(self.decided)
        value = self._script[turn] if turn < len(self._script) else 0
        assert value < below, "The schedule isn't the one that the script was written for."
        self.decided.append((value, below))
        return value


class DrawnDice(Dice):
    """Numbers from Hypothesis, which makes them smaller when a schedule fails.

    It ends a schedule that asks for too many by an exception. That comes again at each further
    question, so that whoever cleans up on the way out doesn't take it for a fault of the shop.
    """

    def __init__(self, draw: Callable[[int], int]) -> None:
        self._draw = draw
        self._end: BaseException | None = None
        self.wild = 0  # how many numbers weren't the tamest

    def number(self, below: int) -> int:
        if below == 1:
            return 0
        if self._end:
            raise self._end
        try:
            number = self._draw(below)
        except BaseException as end:
            self._end = end
            raise
        self.wild += number > 0
        return number


def every_way(play: Callable[[ScriptedDice], T]) -> Iterator[T]:
    """Play every possible course of decisions, each once; yields what each came to.

    A depth-first walk: the last decision that has another option left takes it next time.
    """
    script: list[int] = []
    while True:
        dice = ScriptedDice(script)
        yield play(dice)
        decided = dice.decided
        while decided and decided[-1][0] == decided[-1][1] - 1:
            decided.pop()
        if not decided:
            return
        script = [value for value, _ in decided]
        script[-1] += 1
