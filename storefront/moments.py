"""When what mattered of a purchase happened, and whether it is over, as far as rows tell. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from storefront.evidence import SESSION_COMPLETED
from storefront.history import History
from storefront.lifecycle import Flow, OrderStatus, PaymentStatus, Verdict
from storefront.models import GatewayCall, Payment, StripeEvent

# What tells that the browser has been at Stripe with the client_secret: anything but the creation.
UNTOUCHED = frozenset(
    {"payment_intent.created", "payment_intent.canceled", "checkout.session.expired"}
)
NOT_TOUCHED_YET = frozenset({Verdict.CREATED.word, Verdict.INTENT_CANCELED.word})
# The event that ends each flow well, beside those of payments that take days.
LAST_EVENTS = {
    Flow.PAYMENT_INTENT: frozenset({"payment_intent.succeeded"}),
    Flow.CHECKOUT_SESSION: frozenset(
        {SESSION_COMPLETED, "checkout.session.async_payment_succeeded"}
    ),
}
WAITING = frozenset({OrderStatus.PENDING, OrderStatus.PROCESSING})


def kind_of_call(call: GatewayCall) -> str:
    """Say in a word what a call asked of Stripe."""
    last = call.path.rpartition("/")[2]
    if call.method == "GET":
        return "find" if last in {"payment_intents", "sessions"} else "read"
    return {"cancel": "stop", "expire": "stop", "refunds": "refund", "pay": "pay"}.get(
        last, "create"
    )


def paid_unseen(calls: Sequence[GatewayCall]) -> GatewayCall | None:
    """Return the call by which the sandbox was asked to play somebody who pays."""
    return next(
        (each for each in calls if kind_of_call(each) == "pay" and each.status == HTTPStatus.OK),
        None,
    )


def was_led_to_stripe(calls: Sequence[GatewayCall]) -> bool:
    """Say whether a browser can have followed the redirect before the sandbox paid.

    What the panel begins it pays at once; what was open already it reads first.
    """
    kinds = [kind_of_call(each) for each in calls]
    return "pay" not in kinds or "read" in kinds[: kinds.index("pay")]


def started_at(payment: Payment, calls: Sequence[GatewayCall]) -> datetime | None:
    """Return when the attempt's object was there; by its row, where the call isn't kept."""
    for call in calls:
        if kind_of_call(call) in {"create", "read"} and call.status == HTTPStatus.OK:
            return call.at + timedelta(milliseconds=call.ms)
    has_id = payment.payment_intent_id or payment.checkout_session_id
    return payment.created_at if has_id else None


def confirmed_at(
    history: History, payment: Payment, *, by_request: bool = False
) -> datetime | None:
    """Return the second by Stripe's clock in which the payment first was more than created.

    Never later than we were told of it: two clocks don't agree. `by_request`: only what an API
    request brought about, as a browser's confirmation is one; nothing else is known of it then.
    """
    told = [
        min(datetime.fromtimestamp(event.created, UTC), event.received_at)
        for event in history.events
        if payment.id in {event.payment_id, event.object_payment_id}
        and event.type not in UNTOUCHED
        and (not by_request or _has_request(event))
    ]
    if payment.evidence not in NOT_TOUCHED_YET and not by_request:
        told.append(datetime.fromtimestamp(payment.evidence_created, UTC))
    return min(told) if told else None


def _has_request(event: StripeEvent) -> bool:
    """Say whether an API request caused the event: https://docs.stripe.com/api/events/object."""
    request = json.loads(event.payload).get("request")
    return isinstance(request, dict) and request.get("id") is not None


def is_over(history: History) -> bool:
    """Say whether nothing more is to be expected: closed without money, or the last event is in."""
    order = history.order
    if order.paid_at is None:
        has_money = any(each.status == PaymentStatus.SUCCEEDED for each in order.payments)
        return has_money or order.status not in WAITING
    settling = next(each for each in order.payments if each.id == order.settled_by)
    last = LAST_EVENTS[Flow(settling.flow)]
    return any(
        event.type in last and settling.id in {event.payment_id, event.object_payment_id}
        for event in history.events
    )


def last_change(history: History) -> datetime:
    """Return when order or payments last moved; an order that never did was placed then."""
    order = history.order
    return max([order.created_at, *(move.at for move in history.transitions)])
