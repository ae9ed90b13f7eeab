"""The story of one order as numbered steps, from what was written down about it.

The steps are those of a purchase: 1 the shopper clicks; 2 the shop asks its API layer, which asks
Stripe; 3 the answer; 4 the browser at Stripe; 5 a signed event; 6 has it been seen; 7 payment and
order move; 8 the page that asks. Pure: rows in, steps out; what isn't known isn't shown as done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storefront.decisions import Outcome
from storefront.history import History
from storefront.lifecycle import Flow, OrderStatus
from storefront.models import GatewayCall, Order, Payment, StripeEvent, Transition
from storefront.moments import (
    WAITING,
    confirmed_at,
    is_over,
    kind_of_call,
    last_change,
    paid_unseen,
    started_at,
    was_led_to_stripe,
)
from storefront.steps import Lane, Step

# What such an event did is told with its delivery: nothing.
IDLE = frozenset({Outcome.IGNORED, Outcome.FOREIGN, Outcome.MODE_MISMATCH})
NEVER = datetime.max.replace(tzinfo=UTC)
# A page stops asking for an event that is so long overdue.
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """An order's steps in their order. `is_open` while more of them are to be expected soon."""

    steps: list[Step]
    is_open: bool


def trace_of(history: History, *, now: datetime, flow: Flow = Flow.PAYMENT_INTENT) -> Trace:
    """Tell the story: what happened, and what is still to come of a purchase that goes on.

    `flow` is what is expected of an order that has no attempt yet.
    """
    done = _timed(sorted(_happened(history, flow), key=_position))
    is_finished = is_over(history)
    to_come = [] if is_finished else _to_come(history, flow, {step.key for step in done})
    is_overdue = last_change(history) < now - LONGEST_WAIT
    is_open = not (is_finished or is_overdue)
    return Trace(steps=[*done, *to_come, _poll(history.order)], is_open=is_open)


def _happened(history: History, flow: Flow) -> Iterator[Step]:
    order = history.order
    flow = _flow(order.payments[0]) if order.payments else flow
    yield Step(
        key="placed", number=1, kind="placed", source=Lane.SHOPPER, target=Lane.PAGE,
        at=order.created_at, flow=flow,
    )  # fmt: skip
    for payment in order.payments:
        yield from _of_attempt(history, payment)
    for event in history.events:
        yield from _of_event(history, event)
    causes = {event.id for event in history.events}
    groups: dict[tuple[str, datetime], list[Transition]] = {}
    for move in history.transitions:
        if move.before is not None and move.cause not in causes:
            groups.setdefault((move.cause, move.at), []).append(move)
    for (cause, at), moves in groups.items():
        yield replace(_own_move(cause, at, moves), attempts=_several(order))


def _of_attempt(history: History, payment: Payment) -> Iterator[Step]:
    """Tell an attempt from the click to the browser's visit at Stripe."""
    flow, suffix = _flow(payment), f"-{payment.attempt}"
    if payment.attempt > 1:
        yield Step(
            key=f"again{suffix}", number=1, kind="again", source=Lane.SHOPPER, target=Lane.PAGE,
            at=payment.created_at, about=payment, flow=flow,
        )  # fmt: skip
    yield Step(
        key=f"start{suffix}", number=2, kind="start", source=Lane.PAGE, target=Lane.API,
        at=payment.created_at, about=payment, flow=flow,
    )  # fmt: skip
    calls = [call for call in history.calls if call.payment_id == payment.id]
    unseen = paid_unseen(calls)
    for call in calls:
        if call is unseen:
            continue
        number = 2 if kind_of_call(call) == "create" else None
        yield Step(
            key=f"call-{call.id}", number=number, kind=kind_of_call(call),
            source=Lane.API, target=Lane.STRIPE, at=call.at, about=call, flow=flow,
        )  # fmt: skip
    if ready := started_at(payment, calls):
        yield Step(
            key=f"started{suffix}", number=3, kind="started", source=Lane.API, target=Lane.PAGE,
            at=ready, about=payment, flow=flow,
        )  # fmt: skip
        yield from _at_stripe(history, payment, calls, ready)


def _at_stripe(
    history: History, payment: Payment, calls: Sequence[GatewayCall], ready: datetime
) -> Iterator[Step]:
    """Tell when the browser went to Stripe: a redirect we sent, a confirmation Stripe tells of.

    Or that no browser did: the sandbox played somebody who pays.
    """
    step = Step(
        key=f"confirm-{payment.attempt}", number=4, kind="confirm", about=payment,
        source=Lane.SHOPPER, target=Lane.STRIPE, at=ready, flow=_flow(payment),
    )  # fmt: skip
    unseen = paid_unseen(calls)
    confirmed = confirmed_at(history, payment, by_request=unseen is not None)
    if payment.flow == Flow.PAYMENT_INTENT and confirmed is not None:
        yield replace(step, at=max(confirmed, ready), by_stripes_clock=True)
    if payment.flow == Flow.CHECKOUT_SESSION and was_led_to_stripe(calls):
        yield step
    if unseen is not None:
        key, kind = f"pay-{payment.attempt}", "pay"
        yield replace(step, key=key, kind=kind, source=Lane.PAGE, at=unseen.at, about=unseen)


def _of_event(history: History, event: StripeEvent) -> Iterator[Step]:
    """Tell one event: its delivery, what was found about it, and what it moved."""
    shared: dict[str, Any] = {"at": event.received_at, "about": event}
    is_idle = event.outcome in IDLE
    yield Step(
        key=f"{event.id}-5", number=5, kind=event.outcome if is_idle else "event",
        source=Lane.STRIPE, target=Lane.WEBHOOK, **shared,
    )  # fmt: skip
    if is_idle:
        return
    yield Step(
        key=f"{event.id}-6", number=6, kind=event.outcome, source=Lane.WEBHOOK,
        target=Lane.WEBHOOK, is_at_once=True, **shared,
    )  # fmt: skip
    moves = [move for move in history.transitions if move.cause == event.id]
    if moves:
        yield Step(
            key=f"{event.id}-7", number=7, kind="moved", source=Lane.WEBHOOK, target=Lane.API,
            moves=moves, is_at_once=True, attempts=_several(history.order), **shared,
        )  # fmt: skip


def _own_move(cause: str, at: datetime, moves: list[Transition]) -> Step:
    """Tell a change that no event brought: what we read at Stripe ourselves, or somebody's wish."""
    is_reread = cause == "stripe"
    source, target = (Lane.STRIPE, Lane.API) if is_reread else (Lane.PAGE, Lane.API)
    return Step(
        key=f"move-{moves[0].id}", number=7 if is_reread else None,
        kind="learned" if is_reread else "closed" if _closes(moves) else "changed",
        source=source, target=target, at=at, moves=moves,
    )  # fmt: skip


def _to_come(history: History, flow: Flow, known: set[str]) -> Iterator[Step]:
    """Show the steps that the purchase still needs, each once, in their order."""
    payment = history.order.payments[-1] if history.order.payments else None
    flow = _flow(payment) if payment else flow
    suffix = f"-{payment.attempt}" if payment else ""
    is_paid = history.order.paid_at is not None
    needed = (
        ("start", 2, Lane.PAGE, Lane.API, payment is None),
        ("create", 2, Lane.API, Lane.STRIPE, f"started{suffix}" not in known),
        ("started", 3, Lane.API, Lane.PAGE, f"started{suffix}" not in known),
        ("confirm", 4, Lane.SHOPPER, Lane.STRIPE, not {f"confirm{suffix}", f"pay{suffix}"} & known),
        ("event", 5, Lane.STRIPE, Lane.WEBHOOK, True),
        ("seen", 6, Lane.WEBHOOK, Lane.WEBHOOK, True),
        ("moved", 7, Lane.WEBHOOK, Lane.API, not is_paid),
    )
    for kind, number, source, target, is_missing in needed:
        if is_missing:
            yield Step(
                key=f"next-{kind}", number=number, kind=kind, source=source, target=target,
                is_done=False, flow=flow,
            )  # fmt: skip


def _poll(order: Order) -> Step:
    """End with the page that asks: done by being shown, once there is a last word to show."""
    return Step(
        key="poll", number=8, kind="poll", source=Lane.SHOPPER, target=Lane.PAGE,
        is_done=order.status not in WAITING,
    )  # fmt: skip


def _several(order: Order) -> Sequence[Payment]:
    return order.payments if len(order.payments) > 1 else ()


def _flow(payment: Payment) -> Flow:
    return Flow(payment.flow)


def _closes(moves: Sequence[Transition]) -> bool:
    return any(move.payment_id is None and move.after == OrderStatus.CANCELLED for move in moves)


# What happens in one moment is told in this order: a call before what was learned by it.
_ORDER_IN_A_MOMENT = ("placed", "again", "start", "create", "find", "started", "confirm", "pay")


def _position(step: Step) -> tuple[datetime, int]:
    early = _ORDER_IN_A_MOMENT
    rank = early.index(step.kind) if step.kind in early else len(early)
    return step.at or NEVER, rank


def _timed(steps: list[Step]) -> list[Step]:
    """Give each step its distance from the one before; two clocks have none."""
    found: list[Step] = []
    before: datetime | None = None
    for step in steps:
        if step.by_stripes_clock or step.is_at_once or step.at is None:
            found.append(step)
            continue
        found.append(replace(step, since=step.at - before if before else None))
        before = step.at
    return found
