"""How long each part of a purchase took, measured from its own story. Pure.

What both ends of a part are known by one clock is exact. Stripe dates what happens there by whole
seconds of its own clock, so what begins or ends there is known less well, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from storefront.lifecycle import Flow, OrderStatus
from storefront.models import GatewayCall, Order, Payment, StripeEvent
from storefront.moments import LAST_EVENTS
from storefront.steps import Step

PAID = OrderStatus.PAID


class Part(StrEnum):
    """From which moment to which, in the order of a purchase; the last one is the whole."""

    WRITTEN = "from the click until Stripe is asked"
    ANSWERED = "until Stripe has answered"
    AT_STRIPE = "until Stripe has the money"
    KNOWN = "until the shop knows"
    TOLD = "from the money until the last event about it is in"
    WHOLE = "from the click until the shop knows"


class Precision(StrEnum):
    """How well a time is known."""

    EXACT = "by one clock"
    ABOUT = "from our clock to Stripe's whole second"
    AT_MOST = "from Stripe's whole second to our clock"


@dataclass(frozen=True, slots=True)
class Timing:
    """A time that was measured."""

    took: timedelta
    precision: Precision = Precision.EXACT


def timings_of(order: Order, steps: Sequence[Step]) -> Mapping[Part, Timing]:
    """Return what is known by now: of the attempt that paid the order, or else of the last."""
    if not order.payments:
        return {}
    settling = (each for each in order.payments if each.id == order.settled_by)
    payment = next(settling, order.payments[-1])
    at = {step.key: step.at for step in steps}
    begun, ready = at.get(f"start-{payment.attempt}"), at.get(f"started-{payment.attempt}")
    asked, paid, knew = _asked_at(steps, payment), order.paid_at, _knew_at(steps)
    parts = {
        Part.WRITTEN: _between(begun, asked),
        Part.ANSWERED: _between(asked, ready),
        Part.AT_STRIPE: _between(ready, paid, Precision.ABOUT),
        Part.KNOWN: _between(paid, knew, Precision.AT_MOST),
        Part.TOLD: _between(paid, _told_at(steps, payment), Precision.AT_MOST),
        Part.WHOLE: _between(begun, knew),
    }
    return {part: timing for part, timing in parts.items() if timing}


def _asked_at(steps: Sequence[Step], payment: Payment) -> datetime | None:
    """Return when the call was sent that made the attempt's object."""
    asked = (
        step.at
        for step in steps
        if isinstance(step.about, GatewayCall)
        and (step.kind, step.about.status) == ("create", HTTPStatus.OK)
        and step.about.payment_id == payment.id
    )
    return next(asked, None)


def _knew_at(steps: Sequence[Step]) -> datetime | None:
    """Return when the order became paid here, by an event or by what was read at Stripe."""
    moved = (step.at for step in steps if any(move.after == PAID for move in step.moves))
    return next(moved, None)


def _told_at(steps: Sequence[Step], payment: Payment) -> datetime | None:
    """Return when the event came that ends the flow."""
    last = LAST_EVENTS[Flow(payment.flow)]
    told = (
        step.at
        for step in steps
        if step.kind == "event" and isinstance(step.about, StripeEvent) and step.about.type in last
    )
    return next(told, None)


def _between(
    begin: datetime | None, end: datetime | None, precision: Precision = Precision.EXACT
) -> Timing | None:
    """Measure from one moment to another: never less than nothing, where two clocks disagree."""
    if begin is None or end is None:
        return None
    return Timing(max(end - begin, timedelta()), precision)
