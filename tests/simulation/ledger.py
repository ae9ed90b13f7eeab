"""Money against money: what shoppers were shown, and what Stripe took and gave back.

Knows nothing of the shop's database or code: it reads pages, and the sandbox's charges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from stripe_sandbox.sandbox import Sandbox
from tests.simulation.browser import Browser, Shown

# By the page's title: how much of the order's total Stripe still has, once all is quiet.
KEPT = {
    "Paid. Thank you!": 1,
    "Refunded": 0,
    "Cancelled": 0,
    "Expired": 0,
    "Replaced by a newer order": 0,
}
NOT_CHARGED = "You were not charged"


def taken(sandbox: Sandbox) -> Counter[str]:
    """Return what was captured at Stripe and not given back, by the id of the way to pay it."""
    return _by_way(sandbox, lambda charge: charge["amount_captured"] - charge["amount_refunded"])


def captured(sandbox: Sandbox) -> Counter[str]:
    """Return what was captured at Stripe at all, by the id of the way to pay it."""
    return _by_way(sandbox, lambda charge: charge["amount_captured"])


def differences(sandbox: Sandbox, browsers: Iterable[Browser]) -> Iterator[str]:
    """Yield a sentence for everything that a shopper could complain about, once all is quiet."""
    net, gross = taken(sandbox), captured(sandbox)
    for browser in browsers:
        for token, ways in browser.memory.ways.items():
            shown = browser.look(token)
            if shown is None:
                yield f"Order {token} isn't shown to the browser that ordered it."
                continue
            yield from _complaints(token, shown, sum(net[way] for way in ways),
                                   sum(gross[way] for way in ways))  # fmt: skip
            for way in ways:
                net.pop(way, None)
    if left := sum(net.values()):
        yield f"Stripe has {left} that belongs to no order that anybody was shown."


def _complaints(token: str, shown: Shown, net: int, gross: int) -> Iterator[str]:
    if shown.is_waiting:
        yield f"L2: order {token} still says “{shown.title}”."
    if shown.title in KEPT and net != KEPT[shown.title] * (shown.total or 0):
        yield f"M4: order {token} of {shown.total} says “{shown.title}”, and Stripe has {net}."
    if NOT_CHARGED in shown.sentence and gross:
        yield f"M4: order {token} says “{shown.sentence}”, and Stripe took {gross}."


def _by_way(sandbox: Sandbox, amount_of) -> Counter[str]:  # noqa: ANN001
    amounts: Counter[str] = Counter()
    for charge in sandbox.state.tables.get("charge", {}).values():
        intent_id = charge["payment_intent"]
        session_id = sandbox.note(intent_id).get("session")
        amounts[session_id or intent_id] += amount_of(charge)
    return amounts
