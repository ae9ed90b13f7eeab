"""What every verb of the control API shares: who may ask, and how it says what is wrong.

A page of a stranger cannot drive it: every POST must be `application/json`, which a browser sends
to another origin only after a preflight, and preflights get no permission here.
"""

from typing import Any

from flask import Blueprint, Response, abort, json, request

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.rules import MOST_SECONDS

bp = Blueprint("control", __name__, url_prefix="/_sandbox")
_MISSING = object()


@bp.before_request
def refuse_forms() -> Response | None:
    """Answer 415 to a POST that any web page could send."""
    if request.method == "POST" and not request.is_json:
        return complaint("Send Content-Type: application/json.", 415)
    return None


@bp.errorhandler(StripeError)
def say_what_is_wrong(error: StripeError) -> Response:
    """Answer for an id that names nothing, and for what an object's status forbids."""
    return complaint(str(error), error.status)


@bp.errorhandler(ValueError)
def say_what_cannot_be(error: ValueError) -> Response:
    """Answer for a rule that can't be."""
    return complaint(str(error))


def asked() -> dict[str, Any]:
    """Return the body, which must be a hash; nothing sent is an empty one."""
    body = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        abort(complaint("Send a JSON object."))
    return body


def field(name: str, kind: Any, default: Any = _MISSING) -> Any:
    """Return one field of the body; answer 400 when it is missing or of another type."""
    value = asked().get(name, default)
    if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
        value = _MISSING
    if value is _MISSING:
        abort(complaint(f"{name} is missing or of the wrong type."))
    return value


def seconds(default: Any = _MISSING) -> float:
    """Return the field `seconds`, of 0 to 20 years: time only goes forward."""
    value = field("seconds", int | float, default)
    if not 0 <= value <= MOST_SECONDS:
        abort(complaint("seconds must be from 0 to 20 years: time only goes forward."))
    return float(value)


def complaint(message: str, status: int = 400) -> Response:
    """Return an error of the control API."""
    return Response(json.dumps({"error": message}), status, content_type="application/json")
