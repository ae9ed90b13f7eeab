"""The request and the answer behind a step of the trace, as they went over the wire.

What was kept is shown as it was kept; of what only the browser sent, as much as is known. Secrets
are masked where they stood. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import responses

from storefront.both_flows import is_compared
from storefront.exchanges import without_addresses
from storefront.lifecycle import Flow
from storefront.models import GatewayCall, Order, Payment, StripeEvent
from storefront.steps import Step

MASKED = "***"
LONGEST_BODY = 6_000
CONTROL = "/_sandbox/"  # where the sandbox takes wishes that Stripe has no words for, and no keys
RECORDED = 6  # the step that asks whether an event has been seen
API_PATHS = {
    Flow.PAYMENT_INTENT: "/v1/payments",
    Flow.CHECKOUT_SESSION: "/v1/payments:createCheckoutSession",
}
BEGIN_PATHS = {Flow.PAYMENT_INTENT: "payment-intent", Flow.CHECKOUT_SESSION: "checkout-session"}

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was asked and what was answered: a first line, headers and a body each, if known.

    `is_record`: the answer is what was written into the database. `is_within`: the page asks this
    in its own process, and over HTTP only a client of the API does.
    """

    asked: Lines = ()
    asked_body: str = ""
    answered: Lines = ()
    answered_body: str = ""
    is_record: bool = False
    is_within: bool = False


def message_of(step: Step, order: Order) -> Message | None:
    """Return what is behind a step that has happened; None behind one that hasn't."""
    reader = READERS.get(step.kind)
    if not step.is_done:
        return None
    if isinstance(step.about, GatewayCall):
        return _call(step.about)
    if step.moves:
        return _moved(step)
    if isinstance(step.about, StripeEvent):
        return _outcome(step.about) if step.number == RECORDED else _event(step.about)
    return reader(step, order) if reader else None


def _placed(step: Step, order: Order) -> Message:
    if is_compared(order):
        return Message(asked=("POST /compare",), answered=(_status(303),))
    asked = f"flow={step.flow}\nemail={MASKED}"
    return Message(asked=("POST /checkout",), asked_body=asked, answered=(_status(303),))


def _again(step: Step, order: Order) -> Message:
    path = f"/orders/{order.token}/{BEGIN_PATHS[step.flow]}"
    return Message(asked=(f"POST {path}",), answered=(_status(303),))


def _start(step: Step, order: Order) -> Message:
    asked = {"source_type": "order", "source_id": order.id}
    return Message(
        asked=(f"POST {API_PATHS[step.flow]}", "Content-Type: application/json"),
        asked_body=_pretty(asked),
        is_within=True,
    )


def _started(step: Step, order: Order) -> Message:
    answer = {"object": "payment", "order_id": order.id}
    if isinstance(step.about, Payment):
        answer |= {"id": step.about.id, "flow": step.flow}
    secret = "client_secret" if step.flow == Flow.PAYMENT_INTENT else "checkout_url"
    return Message(
        answered=(_status(201),),
        answered_body=_pretty(answer | {secret: MASKED}),
        is_within=True,
    )


def _confirm(step: Step, _: Order) -> Message:
    payment = step.about
    if not isinstance(payment, Payment):
        return Message()
    if step.flow == Flow.CHECKOUT_SESSION:
        where = f"Location: …/c/pay/{payment.checkout_session_id or MASKED}"
        return Message(answered=(_status(303), where))
    return Message(
        asked=(f"POST /v1/payment_intents/{payment.payment_intent_id}/confirm",),
        asked_body=f"client_secret={MASKED}\npayment_method_data[…]={MASKED}",
    )


def _poll(_: Step, order: Order) -> Message:
    answer = f'<section id="order-status" data-status="{order.status}">…'
    asked = (f"GET /orders/{order.token}/status",)
    return Message(asked=asked, answered=(_status(200),), answered_body=answer)


READERS: Mapping[str, Callable[[Step, Order], Message]] = {
    "placed": _placed,
    "again": _again,
    "start": _start,
    "started": _started,
    "confirm": _confirm,
    "poll": _poll,
}


def _call(call: GatewayCall) -> Message:
    is_get = call.method == "GET"
    query = f"?{call.params.replace(chr(10), '&')}" if is_get and call.params else ""
    asked = [f"{call.method} {call.path}{query}"]
    if not call.path.startswith(CONTROL):
        asked.append(f"Authorization: Bearer {MASKED}")
    if call.idempotency_key:
        asked.append(f"Idempotency-Key: {call.idempotency_key}")
    answered = [_status(call.status)] if call.status else []
    if call.request_id:
        answered.append(f"Request-Id: {call.request_id}")
    return Message(
        asked=tuple(asked),
        asked_body="" if is_get else call.params,
        answered=tuple(answered),
        answered_body=_pretty_text(call.answer),
    )


def _event(event: StripeEvent) -> Message:
    return Message(
        asked=(
            "POST /v1/webhooks/stripe",
            "Content-Type: application/json",
            f"Stripe-Signature: t={MASKED},v1={MASKED}",
        ),
        asked_body=_pretty_text(without_addresses(event.payload)),
        answered=(_status(200),),
        answered_body=_pretty({"outcome": event.outcome}),
    )


def _outcome(event: StripeEvent) -> Message:
    found = (f"id = {event.id}", f"outcome = {event.outcome}", f"deliveries = {event.deliveries}")
    return Message(answered=("stripe_events",), answered_body="\n".join(found), is_record=True)


def _moved(step: Step) -> Message:
    lines = [
        f"{move.payment_id or move.order_id}: {move.before or '–'} → {move.after}"
        for move in step.moves
    ]
    cause = f"cause = {step.moves[0].cause}"
    told = "\n".join(lines)
    return Message(answered=("transitions", cause), answered_body=told, is_record=True)


def _status(status: int) -> str:
    return f"{status} {responses.get(status, '')}".rstrip()


def _pretty(told: object) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False)


def _pretty_text(text: str) -> str:
    """Indent JSON that is whole; what was cut off, and what isn't JSON, is shown as it is."""
    with suppress(ValueError):
        text = _pretty(json.loads(text))
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}…"
