"""Attempts at a payment: what a payment method does to a PaymentIntent.

The states are Stripe's: requires_payment_method → requires_confirmation → requires_action →
processing | requires_capture | succeeded, and back to requires_payment_method on a decline. Every
function here expects the lock to be held, and emits one event for each transition.
"""

from collections.abc import Callable
from typing import Any

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources import charges
from stripe_sandbox.resources.declines import DECLINES, Decline
from stripe_sandbox.resources.events import emit
from stripe_sandbox.sandbox import Sandbox

after_success: list[Callable[[Sandbox, Json], None]] = []
"""Called with every intent whose money has been taken or authorized; Checkout listens here."""

_UNAUTHENTICATED = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again."
)


def attempt(sandbox: Sandbox, intent: Json, method: Json, *, return_url: str | None) -> Json:
    """Try to pay `intent` with `method`; return the intent as it then is.

    A decline leaves the intent in requires_payment_method and raises the 402.
    """
    behaviour = sandbox.note(method["id"]).get("behaviour", "succeed")
    intent = sandbox.change(
        intent, payment_method=method["id"], last_payment_error=None, next_action=None
    )
    if behaviour == "authenticate":
        return _asked_to_authenticate(sandbox, intent, return_url)
    if decline := DECLINES.get(behaviour):
        raise _declined(sandbox, intent, method, decline)
    return _succeeded(sandbox, intent, method)


def authenticated(sandbox: Sandbox, intent: Json, *, succeed: bool) -> Json:
    """Finish the 3-D Secure challenge of an intent that requires action; never raises a decline."""
    if intent["status"] != "requires_action":
        raise StripeError(
            f"PaymentIntent {intent['id']} is not waiting for authentication: it is "
            f"{intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    method = sandbox.get("payment_method", intent["payment_method"])
    if succeed:
        return _succeeded(sandbox, sandbox.change(intent, next_action=None), method)
    error = _payment_error(
        code="payment_intent_authentication_failure",
        message=_UNAUTHENTICATED,
        payment_method=method,
        type="invalid_request_error",
    )
    return _failed(sandbox, intent, error)


def _asked_to_authenticate(sandbox: Sandbox, intent: Json, return_url: str | None) -> Json:
    page = f"{sandbox.public_url}/3d_secure/{intent['id']}"
    if return_url:
        redirect = {"return_url": return_url, "url": page}
        action: Json = {"redirect_to_url": redirect, "type": "redirect_to_url"}
        action["use_stripe_sdk"] = None
    else:
        sdk = {"stripe_js": page, "type": "three_d_secure_redirect"}
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    intent = sandbox.change(intent, next_action=action, status="requires_action")
    emit(sandbox, "payment_intent.requires_action", intent)
    return intent


def _declined(sandbox: Sandbox, intent: Json, method: Json, decline: Decline) -> StripeError:
    """Note the failed attempt; return the error that its caller gets."""
    charge = charges.charge(sandbox, intent, method, decline=decline)
    fields: Json = {
        "advice_code": decline.advice,
        "charge": charge["id"],
        "decline_code": decline.decline_code,
        "network_decline_code": "05",
        "payment_method": method,
    }
    error = StripeError(
        decline.message,
        code=decline.code,
        kind="card_error",
        param=decline.param,
        **fields,
    )
    kept = _payment_error(**{**error.fields, "payment_method": method})
    intent = _failed(sandbox, intent, kept, latest_charge=charge["id"])
    error.fields["payment_intent"] = intent
    return error


def _failed(sandbox: Sandbox, intent: Json, error: Json, **fields: Any) -> Json:
    intent = sandbox.change(
        intent,
        last_payment_error=error,
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
        **fields,
    )
    emit(sandbox, "payment_intent.payment_failed", intent)
    return intent


def _succeeded(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    charge = charges.charge(sandbox, intent, method, decline=None)
    if intent["capture_method"] == "manual":
        intent = sandbox.change(
            intent,
            amount_capturable=intent["amount"],
            latest_charge=charge["id"],
            status="requires_capture",
        )
        emit(sandbox, "payment_intent.amount_capturable_updated", intent)
    else:
        intent = sandbox.change(
            intent,
            amount_received=intent["amount"],
            latest_charge=charge["id"],
            status="succeeded",
        )
        emit(sandbox, "payment_intent.succeeded", intent)
    for listener in after_success:
        listener(sandbox, intent)
    return intent


def _payment_error(**fields: Any) -> Json:
    return blank("payment_intent.last_payment_error", **fields)
