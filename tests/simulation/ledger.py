"""Money against money: what shoppers were shown, and what Stripe took and gave back.

Knows nothing of the shop's database or code: it reads pages, and the sandbox's charges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.sandbox import Sandbox
from tests.simulation.browser import Browser, Shown

# By the page's title: whether so much of the order's total may be at Stripe, once all is quiet.
FITS: Mapping[str, Callable[[int, int], bool]] = {
    "Paid. Thank you!": lambda net, total: net == total,
    "Partly refunded": lambda net, total: 0 < net < total,
    "Refunded": lambda net, _: net == 0,
    "Cancelled": lambda net, _: net == 0,
    "Expired": lambda net, _: net == 0,
    "Replaced by a newer order": lambda net, _: net == 0,
    "We have your payment and are looking at it": lambda net, _: net > 0,
}
NOT_CHARGED = "You were not charged"


def taken(sandbox: Sandbox) -> Counter[str]:
    """Return what was captured at Stripe and not given back, by the id of the way to pay it."""
    return _by_way(sandbox, lambda charge: charge["amount_captured"] - charge["amount_refunded"])


def captured(sandbox: Sandbox) -> Counter[str]:
    """Return what was captured at Stripe at all, by the id of the way to pay it."""
    return _by_way(sandbox, lambda charge: charge["amount_captured"])


def differences(
    sandbox: Sandbox, browsers: Iterable[Browser], *, left_to_a_person: set[str]
) -> Iterator[str]:
    """Yield a sentence for everything that a shopper could complain about, once all is quiet.

    `left_to_a_person` are the tokens of orders whose money somebody was asked to settle by hand.
    """
    net, gross = taken(sandbox), captured(sandbox)
    for browser in browsers:
        totals = browser.memory.totals
        for token, ways in browser.memory.ways.items():
            shown = browser.poll(token) if token in totals else browser.look(token)
            if shown is None:
                yield f"Order {token} isn't shown to the browser that ordered it."
                continue
            sums = sum(net[way] for way in ways), sum(gross[way] for way in ways)
            if token not in left_to_a_person:
                yield from _complaints(token, shown, totals[token], net=sums[0], gross=sums[1])
            for way in ways:
                net.pop(way, None)
    if left := sum(net.values()):
        yield f"Stripe has {left} that belongs to no order that anybody was shown."


def _complaints(token: str, shown: Shown, total: int, *, net: int, gross: int) -> Iterator[str]:
    if shown.is_waiting:
        yield f"L2: order {token} still says “{shown.title}”."
        return
    if not FITS[shown.title](net, total):
        yield f"M4: order {token} of {total} says “{shown.title}”, and Stripe has {net}."
    if NOT_CHARGED in shown.sentence and gross:
        yield f"M4: order {token} says “{shown.sentence}”, and Stripe took {gross}."


def _by_way(sandbox: Sandbox, amount_of: Callable[[Json], int]) -> Counter[str]:
    amounts: Counter[str] = Counter()
    for charge in sandbox.state.tables.get("charge", {}).values():
        intent_id = charge["payment_intent"]
        session_id = sandbox.note(intent_id).get("session")
        amounts[session_id or intent_id] += amount_of(charge)
    return amounts
