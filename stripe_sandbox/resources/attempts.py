"""Attempts at a payment: what a payment method does to a PaymentIntent.

The states are Stripe's: requires_payment_method → requires_confirmation → requires_action →
processing | requires_capture | succeeded, and back to requires_payment_method on a decline. Every
function here expects the lock to be held, and emits one event for each transition.
"""

from collections.abc import Callable
from typing import Any

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources import charge_fields, charges, disputes, payment_methods, settlements
from stripe_sandbox.resources.declines import (
    AUTHENTICATION_REQUIRED,
    DECLINES,
    FAILED_DEBITS,
    Decline,
)
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.ibans import SLOWLY
from stripe_sandbox.resources.method_types import METHOD_TYPES, option, setting
from stripe_sandbox.rules import FOR_ATTEMPTS, is_about
from stripe_sandbox.sandbox import Sandbox

followers: list[Callable[[Sandbox, Json], None]] = []
"""Called with every intent whose money is taken, authorized, on its way, or did not come after all;
Checkout listens here.
"""

PAGES = {True: "redirect", False: "3d_secure"}
"""The page where the shopper approves, by whether the payment method's type redirects."""

_UNAUTHENTICATED = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again."
)
_THEN = {
    "authenticate_and_decline": "declined",
    "authenticate_and_lack_funds": "insufficient_funds",
}
"""How cards behave when the shopper has authenticated; the others as they would without."""
_AUTHENTICATING = {
    "automatic": {"authenticate", *_THEN},
    "any": {"authenticate", "authenticate_if_asked", *_THEN},
    "challenge": {"authenticate", "authenticate_if_asked", *_THEN},
}
"""The behaviours that ask for 3-D Secure, by what the shop requests."""


def attempt(
    sandbox: Sandbox, intent: Json, method: Json, *, return_url: str | None, may_ask: bool = True
) -> Json:
    """Try to pay `intent` with `method`; return the intent as it then is.

    A decline leaves the intent in requires_payment_method and raises the 402. Where the shopper
    would have to authenticate and `may_ask` says no, that is a decline, too. A rule can decide in
    the card's place.
    """
    intent = sandbox.change(
        intent, payment_method=method["id"], last_payment_error=None, next_action=None
    )
    ruled = _ruled(sandbox, intent, method)
    if "decline" in ruled:
        raise _declined(sandbox, intent, method, DECLINES["declined"])
    if "authenticate" in ruled or _has_to_approve(sandbox, intent, method):
        if may_ask:
            return _asked_to_approve(sandbox, intent, method, return_url)
        raise _declined(sandbox, intent, method, AUTHENTICATION_REQUIRED)
    if METHOD_TYPES[method["type"]].is_delayed:
        return _begun(sandbox, intent, method)
    if decline := _decline_of(sandbox, method):
        raise _declined(sandbox, intent, method, decline)
    return _taken(sandbox, intent, method)


def approved(sandbox: Sandbox, intent: Json, *, succeed: bool) -> Json:
    """End the shopper's visit to their bank's page; return the intent. Never raises a decline."""
    if intent["status"] != "requires_action":
        raise StripeError(
            f"PaymentIntent {intent['id']} is not waiting for authentication: it is "
            f"{intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    method = sandbox.get("payment_method", intent["payment_method"])
    if not succeed:
        error = _payment_error(
            code="payment_intent_authentication_failure",
            message=_UNAUTHENTICATED,
            payment_method=method,
            type="invalid_request_error",
        )
        return _failed(sandbox, intent, error)
    sandbox.note(intent["id"], approved=method["id"])
    intent = sandbox.change(intent, next_action=None)
    if intent["confirmation_method"] == "manual":
        return sandbox.change(intent, status="requires_confirmation")
    if decline := _decline_of(sandbox, method):
        _declined(sandbox, intent, method, decline)
        return sandbox.get("payment_intent", intent["id"])
    return _taken(sandbox, intent, method)


def withdraw_approval(sandbox: Sandbox, intent: Json) -> Json:
    """Return the fields of an intent whose shopper approved, or is asked to, what isn't so now."""
    sandbox.note(intent["id"], approved=None)
    is_asking = intent["status"] == "requires_action"
    return {"next_action": None, "status": "requires_confirmation"} if is_asking else {}


def captured(sandbox: Sandbox, intent: Json, amount: int, **fields: Any) -> Json:
    """Take `amount` of the money that an intent authorized; the bank releases the rest."""
    settlements.unschedule(sandbox, intent["id"])
    charge = charges.capture(sandbox, sandbox.get("charge", intent["latest_charge"]), amount)
    intent = {**intent, **fields, "amount_capturable": 0, "amount_received": amount}
    return _paid(sandbox, intent, charge)


def canceled(sandbox: Sandbox, intent: Json, reason: str | None) -> Json:
    """Give up an intent; the bank releases what was authorized."""
    settlements.unschedule(sandbox, intent["id"])
    intent = sandbox.change(
        intent,
        amount_capturable=0,
        canceled_at=sandbox.now(),
        cancellation_reason=reason,
        next_action=None,
        status="canceled",
    )
    emit(sandbox, "payment_intent.canceled", intent)
    return intent


def _ruled(sandbox: Sandbox, intent: Json, method: Json) -> set[str]:
    """Return the kinds of the rules that decide this attempt; they are about cards alone."""
    if method["type"] != "card":
        return set()
    struck = sandbox.rules.take(
        lambda rule: rule["kind"] in FOR_ATTEMPTS and is_about(rule["about"], intent),
        intent["id"],
        method["id"],
    )
    return {rule["kind"] for rule in struck}


def _behaviour(sandbox: Sandbox, method: Json) -> str:
    return str(sandbox.note(method["id"]).get("behaviour", "succeed"))


def _has_to_approve(sandbox: Sandbox, intent: Json, method: Json) -> bool:
    if sandbox.note(intent["id"]).get("approved") == method["id"]:
        return False
    requested = option(intent, method["type"], "request_three_d_secure") or "automatic"
    is_asking = _behaviour(sandbox, method) in _AUTHENTICATING[requested]
    return is_asking or METHOD_TYPES[method["type"]].redirects


def _decline_of(sandbox: Sandbox, method: Json) -> Decline | None:
    behaviour = _behaviour(sandbox, method)
    return DECLINES.get(_THEN.get(behaviour, behaviour))


def _asked_to_approve(sandbox: Sandbox, intent: Json, method: Json, return_url: str | None) -> Json:
    redirects = METHOD_TYPES[method["type"]].redirects
    page = f"{sandbox.public_url}/{PAGES[redirects]}/{intent['id']}"
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
    charge = charges.decline(sandbox, intent, method, decline)
    fields: Json = {
        "advice_code": decline.advice,
        "charge": charge["id"],
        "decline_code": decline.decline_code,
        "network_decline_code": None if decline.is_blocked else "05",
        "payment_method": method,
    }
    error = StripeError(
        decline.message, code=decline.code, kind="card_error", param=decline.param, **fields
    )
    intent = _failed(
        sandbox, {**intent, "latest_charge": charge["id"]}, _payment_error(**error.fields)
    )
    error.fields["payment_intent"] = intent
    return error


def _failed(sandbox: Sandbox, intent: Json, error: Json) -> Json:
    sandbox.note(intent["id"], approved=None)
    intent = sandbox.put(
        {
            **intent,
            "last_payment_error": error,
            "next_action": None,
            "payment_method": None,
            "status": "requires_payment_method",
        }
    )
    emit(sandbox, "payment_intent.payment_failed", intent)
    return intent


def _begun(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    """Debit an account: what comes of it is heard later."""
    charge = charges.begin(sandbox, intent, method)
    intent = sandbox.change(intent, latest_charge=charge["id"], status="processing")
    emit(sandbox, "payment_intent.processing", intent)
    wait = sandbox.settle_after
    is_slow = sandbox.note(method["id"]).get("is_slow")
    settlements.schedule(sandbox, intent, after=max(wait, SLOWLY) if is_slow else wait)
    return _followed(sandbox, intent)


def _settled(sandbox: Sandbox, intent: Json) -> None:
    """Let a debit end as the account's number says."""
    charge = sandbox.get("charge", intent["latest_charge"])
    method = sandbox.get("payment_method", charge["payment_method"])
    decline = FAILED_DEBITS.get(_behaviour(sandbox, method))
    if decline is None:
        charge = charges.settled(sandbox, charge)
        _paid(sandbox, {**intent, "amount_received": charge["amount"]}, charge)
        return
    charge = charges.bounced(sandbox, charge, decline)
    error = StripeError(decline.message, code=decline.code, charge=charge["id"])
    kept = _payment_error(**error.fields, decline_code=decline.decline_code, payment_method=method)
    _followed(sandbox, _failed(sandbox, intent, kept))


def _taken(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    charge = charges.take(sandbox, intent, method)
    intent = {**intent, "latest_charge": charge["id"]}
    if charge["captured"]:
        return _paid(sandbox, {**intent, "amount_received": intent["amount"]}, charge)
    intent = {**intent, "amount_capturable": intent["amount"], "status": "requires_capture"}
    emit(sandbox, "payment_intent.amount_capturable_updated", sandbox.put(intent))
    settlements.schedule(sandbox, intent, after=charge_fields.AUTHORIZED_FOR)
    return _followed(sandbox, intent)


def _paid(sandbox: Sandbox, intent: Json, charge: Json) -> Json:
    intent = sandbox.put({**intent, "status": "succeeded"})
    emit(sandbox, "payment_intent.succeeded", intent)
    _followed(sandbox, intent)
    disputes.open_if_asked(sandbox, charge)
    return intent


def _lapsed(sandbox: Sandbox, intent: Json) -> None:
    """Release an authorization that was not captured in time."""
    emit(sandbox, "charge.expired", sandbox.get("charge", intent["latest_charge"]))
    canceled(sandbox, intent, "automatic")


def _followed(sandbox: Sandbox, intent: Json) -> Json:
    if intent["customer"] and intent["payment_method"]:
        method = sandbox.get("payment_method", intent["payment_method"])
        if setting(intent, method["type"], "setup_future_usage") not in {None, "none"}:
            payment_methods.attach(sandbox, method, intent["customer"])
    for follower in followers:
        follower(sandbox, intent)
    return intent


def _payment_error(**fields: Any) -> Json:
    return blank("payment_intent.last_payment_error", **fields)


def _come_due(sandbox: Sandbox, intent: Json) -> None:
    _settled(sandbox, intent) if intent["status"] == "processing" else _lapsed(sandbox, intent)


settlements.handlers["payment_intent"] = _come_due
