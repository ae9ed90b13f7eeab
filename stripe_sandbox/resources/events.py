"""Events: what happened, as Stripe tells it, and their routes.

One event per transition. An event holds the object as it was at that moment: stored objects are
replaced, never mutated, so no copy is needed.
"""

from typing import Any

from stripe_sandbox.protocol.errors import invalid
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources.settlements import settle_due
from stripe_sandbox.rules import fits_type
from stripe_sandbox.sandbox import API_VERSION, Sandbox

endpoints = Endpoints()

_MOST_TYPES = 20


def emit(sandbox: Sandbox, kind: str, row: Json, *, before: Json | None = None) -> Json:
    """Record that `row` has changed, and have every endpoint that listens told. Hold the lock.

    `before` is the object that `row` replaced: what differs becomes `previous_attributes`.
    """
    listening = _listening(sandbox, kind)
    data: Json = {"object": row}
    if before is not None:
        data["previous_attributes"] = _differences(before, row)
    event = sandbox.put(
        {
            "id": sandbox.new_id("evt_"),
            "object": "event",
            "account": None,
            "api_version": API_VERSION,
            "context": None,
            "created": sandbox.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": len(listening),
            "request": sandbox.cause,
            "type": kind,
        }
    )
    for endpoint in listening:
        sandbox.deliveries.schedule(event, endpoint)
    return event


def deliver_again(sandbox: Sandbox, event_id: str) -> list[Json]:
    """Send an event once more to every endpoint that listens: a duplicate, as Stripe may."""
    with sandbox.lock:
        event = sandbox.get("event", event_id)
        return [
            sandbox.deliveries.schedule(event, endpoint, is_duplicate=True)
            for endpoint in _listening(sandbox, event["type"])
        ]


def listens(patterns: list[str], kind: str) -> bool:
    """Whether a list such as ["charge.*", "payment_intent.succeeded"] includes an event type."""
    return any(fits_type(pattern, kind) for pattern in patterns)


@endpoints("GET /v1/events/{}")
def retrieve(call: Call, event_id: str) -> Json:
    """Return one event."""
    return call.sandbox.get("event", event_id)


@endpoints("GET /v1/events", takes="delivery_success type types")
def list_all(call: Call) -> Json:
    """Return events, filtered by type (with wildcards) and by whether all endpoints took them."""
    settle_due(call.sandbox)
    params = call.params
    if "type" in params and "types" in params:
        raise invalid(
            "You may only specify one of these parameters: type, types.",
            "types",
            "parameters_exclusive",
        )
    patterns = params.get("types") or [params.get("type", "*")]
    if len(patterns) > _MOST_TYPES:
        raise invalid(f"You can filter by up to {_MOST_TYPES} types.", "types")
    is_delivered = params.get("delivery_success")

    def matches(event: Json) -> bool:
        is_told = event["pending_webhooks"] == 0
        return listens(patterns, event["type"]) and is_delivered in {None, is_told}

    return listed(call.sandbox, "event", params, "/v1/events", matches=matches)


@endpoints("POST /v1/events/{}/retry", takes="for_stripecli webhook_endpoint")
def retry(call: Call, event_id: str) -> Json:
    """Send an event once more: to one endpoint, to the Stripe CLIs that listen, or to everybody."""
    sandbox = call.sandbox
    event = sandbox.get("event", event_id)
    for endpoint in _asked_for(sandbox, call.params, event["type"]):
        sandbox.deliveries.schedule(event, endpoint, is_duplicate=True)
    return event


def _asked_for(sandbox: Sandbox, params: Json, kind: str) -> list[Json]:
    if name := params.get("webhook_endpoint"):
        return [sandbox.get("webhook_endpoint", name, param="webhook_endpoint")]
    if not params.get("for_stripecli"):
        return _listening(sandbox, kind)
    if listeners := sandbox.listeners.all():
        return listeners
    raise invalid("No Stripe CLI is listening: run stripe listen.", "for_stripecli")


def _listening(sandbox: Sandbox, kind: str) -> list[Json]:
    return [
        endpoint
        for endpoint in sandbox.state.tables.get("webhook_endpoint", {}).values()
        if endpoint["status"] == "enabled" and listens(endpoint["enabled_events"], kind)
    ] + sandbox.listeners.all()


def _differences(before: Json, after: Json) -> dict[str, Any]:
    return {name: value for name, value in before.items() if name in after and after[name] != value}
