"""The control API under `/_sandbox/`: watch, and misbehave on request. JSON in, JSON out.

A page of a stranger cannot drive it: every POST must be `application/json`, which a browser sends
to another origin only after a preflight, and preflights get no permission here.
"""

from typing import Any

from flask import Blueprint, Response, abort, current_app, json, jsonify, request

from stripe_sandbox.faults import KINDS
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.resources import checkout_sessions, events, settlements
from stripe_sandbox.sandbox import Sandbox

bp = Blueprint("control", __name__, url_prefix="/_sandbox")


@bp.get("/health")
def health() -> Response:
    """Say that the sandbox answers."""
    return jsonify(ok=True)


@bp.get("/deliveries")
def deliveries() -> Response:
    """Return every delivery with its attempts, the oldest first."""
    sandbox = _sandbox()
    return jsonify(held=sandbox.state.is_held, deliveries=sandbox.deliveries.all())


@bp.post("/deliveries/hold")
def hold() -> Response:
    """Deliver nothing until released."""
    _sandbox().deliveries.hold()
    return deliveries()


@bp.post("/deliveries/release")
def release() -> Response:
    """Deliver again."""
    _sandbox().deliveries.release()
    return deliveries()


@bp.post("/events/<event_id>/deliver")
def deliver_again(event_id: str) -> Response:
    """Send an event once more to every endpoint that listens to it: a duplicate."""
    made = events.deliver_again(_sandbox(), event_id)
    return jsonify(deliveries=made)


@bp.post("/clock/advance")
def advance_clock() -> Response:
    """Move the sandbox's time forward by `seconds`; what has become due happens."""
    seconds = _field("seconds", int | float)
    if seconds < 0:
        abort(_complaint("seconds must not be negative: time only goes forward."))
    sandbox = _sandbox()
    with sandbox.lock:
        sandbox.state.clock_offset += seconds
        sandbox.changes += 1
    checkout_sessions.expire_due(sandbox)
    settlements.settle_due(sandbox)
    sandbox.deliveries.wake()
    return jsonify(now=sandbox.time())


@bp.post("/faults")
def add_fault() -> Response:
    """Let the next `times` API calls whose path begins with `path` fail as `kind` says."""
    kind, path = _field("kind", str), _field("path", str)
    times = request.get_json().get("times", 1)
    if kind not in KINDS:
        abort(_complaint(f"kind must be one of {', '.join(KINDS)}."))
    if not isinstance(times, int) or times < 1:
        abort(_complaint("times must be a whole number of 1 or more."))
    _sandbox().faults.add(path, kind, times)
    return jsonify(ok=True)


@bp.post("/reset")
def reset() -> Response:
    """Forget everything."""
    _sandbox().reset()
    return jsonify(ok=True)


@bp.get("/requests/<request_id>")
def show_request(request_id: str) -> Response:
    """Return what is remembered of an API request: the page behind an error's request_log_url."""
    known = _sandbox().requests.get(request_id)
    return jsonify(known) if known else _complaint("No such request, or too long ago.", 404)


@bp.before_request
def refuse_forms() -> Response | None:
    """Answer 415 to a POST that any web page could send."""
    if request.method == "POST" and not request.is_json:
        return _complaint("Send Content-Type: application/json.", 415)
    return None


@bp.errorhandler(StripeError)
def say_what_is_wrong(error: StripeError) -> Response:
    """Answer for an id that names nothing."""
    return _complaint(str(error), error.status)


def _sandbox() -> Sandbox:
    sandbox: Sandbox = current_app.extensions["stripe_sandbox"]
    return sandbox


def _field(name: str, kind: Any) -> Any:
    body = request.get_json()
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        abort(_complaint(f"{name} is missing or of the wrong type."))
    return value


def _complaint(message: str, status: int = 400) -> Response:
    return Response(json.dumps({"error": message}), status, content_type="application/json")
