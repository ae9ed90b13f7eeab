"""One round of reconciliation: what no webhook told is learned, and what is left over is said.

First the events that never came, in their order; then the objects themselves, which prove the
rest. Everything goes through the functions that a delivery goes through, so that a round does no
harm beside deliveries, shoppers and other rounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from storefront import errands
from storefront.catching_up import FAILED, catch_up
from storefront.comparing import Comparison, Money, compare
from storefront.money import format_money

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Report:
    """What a round did, or would have done."""

    missed: Counter[str]
    objects: Comparison

    @property
    def has_gap(self) -> bool:
        """True while Stripe and we don't agree on what is paid."""
        return self.objects.has_gap

    @property
    def is_whole(self) -> bool:
        """False when something has to be tried again before anybody can say that all is well."""
        return not (self.objects.postponed or self.missed[FAILED])

    @property
    def is_news(self) -> bool:
        """True when there is something to tell."""
        objects = self.objects
        return (
            bool(
                self.missed
                or objects.changed
                or objects.closed
                or objects.strangers
                or self.has_gap
            )
            or not self.is_whole
        )

    def lines(self) -> Iterator[str]:
        """Yield what there is to tell, for people."""
        done = self.objects
        by_outcome = ", ".join(f"{number} {word}" for word, number in sorted(self.missed.items()))
        yield f"{self.missed.total()} events that no delivery brought{_and(by_outcome)}."
        yield (
            f"{done.compared} objects of Stripe's compared: {done.changed} told something new, "
            f"{done.closed} attempts closed that made nothing, {done.postponed} postponed."
        )
        for name, stranger in sorted(done.strangers.items()):
            yield f"  unknown here: {name} of order {stranger.order_id}, {stranger.status}"
        yield f"Paid at Stripe and not here: {_sums(done.paid_there.values())}"
        yield f"Paid here and not at Stripe: {_sums(done.paid_here.values())}"
        yield f"Given back at Stripe otherwise than here: {_sums(done.refunded.values())}"
        differing = (done.paid_there, done.paid_here, done.refunded)
        for money in sorted(money for moneys in differing for money in moneys.values()):
            yield f"  {money.stripe_id} {_amount(money.amount, money.currency)}"


def reconcile(*, within: timedelta = A_DAY, is_dry_run: bool = False) -> Report:
    """Bring this shop to what Stripe knows; what remains is the gap.

    A dry run asks the same questions and changes nothing, neither here nor at Stripe. Raises
    the gateway's errors; what was done by then is committed, and the next round does the rest.
    """
    missed = catch_up(is_dry_run=is_dry_run)
    report = Report(missed, compare(within=within, is_dry_run=is_dry_run))
    if not is_dry_run:
        errands.run()
    return report


def _sums(moneys: Iterable[Money]) -> str:
    """Write how many payments it is about, and how much that is in each currency."""
    sums: Counter[str] = Counter()
    number = 0
    for money in moneys:
        number += 1
        sums[money.currency] += money.amount
    return f"{number}{_and(', '.join(_amount(each, of) for of, each in sorted(sums.items())))}."


def _amount(amount: int, currency: str) -> str:
    return f"{format_money(amount, currency, 'en')} {currency.upper()}"


def _and(more: str) -> str:
    return f": {more}" if more else ""
