"""PaymentIntents: their routes, and the three functions that the browser's pages call.

- `confirm(sandbox, intent_id, *, payment_method=None, payment_method_data=None, return_url=None)`
  returns the intent; raises `StripeError` (402, with the intent inside) on a decline.
- `complete_authentication(sandbox, intent_id, *, succeed)` ends 3-D Secure and returns the URL that
  the browser goes to next, or None when the intent was confirmed without a return_url.
- `publishable(intent)` is what a browser may see of an intent.
"""

import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from stripe_sandbox.protocol.errors import StripeError, invalid, missing, required
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import attempts, payment_methods
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.intent_fields import created_fields, updated_fields
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

continuations: dict[str, Callable[[Sandbox, Json], str]] = {}
"""Where a browser goes after 3-D Secure when not to a return_url, by what the intent belongs to."""

CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
_CANCELABLE = CONFIRMABLE | {"requires_capture", "processing"}
_CHANGEABLE = CONFIRMABLE
_SEEN_BY_BROWSERS = """
    id object allowed_payment_method_types amount amount_details automatic_payment_methods
    canceled_at cancellation_reason capture_method client_secret confirmation_method created
    currency description last_payment_error livemode next_action payment_method
    payment_method_configuration_details payment_method_types processing receipt_email
    setup_future_usage shipping source status
"""


def confirm(
    sandbox: Sandbox,
    intent_id: str,
    *,
    payment_method: str | None = None,
    payment_method_data: Json | None = None,
    return_url: str | None = None,
) -> Json:
    """Try to pay an intent; return it succeeded, requiring action or requiring capture.

    Raises the 402 of a decline, the 400 of an intent that can't be confirmed any more.
    """
    with sandbox.lock:
        intent = sandbox.get("payment_intent", intent_id, param="intent")
        _check_state(intent, CONFIRMABLE, "confirm")
        method = _method(sandbox, intent, payment_method, payment_method_data)
        sandbox.note(intent_id, return_url=return_url)
        return attempts.attempt(sandbox, intent, method, return_url=return_url)


def complete_authentication(sandbox: Sandbox, intent_id: str, *, succeed: bool) -> str | None:
    """End the 3-D Secure challenge of an intent; return where the browser goes next, if anywhere.

    Raises 400 when the intent isn't waiting for authentication: done before, or canceled.
    """
    with sandbox.lock:
        intent = sandbox.get("payment_intent", intent_id, param="intent")
        intent = attempts.authenticated(sandbox, intent, succeed=succeed)
        note = sandbox.note(intent_id)
        if belongs_to := note.get("belongs_to"):
            return continuations[belongs_to](sandbox, intent)
        return returning(intent, note["return_url"]) if note.get("return_url") else None


def returning(intent: Json, return_url: str) -> str:
    """Return `return_url` with what Stripe adds to it when a browser comes back."""
    is_failed = intent["status"] == "requires_payment_method"
    query = urlencode(
        {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "failed" if is_failed else "succeeded",
        }
    )
    parts = urlsplit(return_url)
    return parts._replace(query=f"{parts.query}&{query}".strip("&")).geturl()


def publishable(intent: Json) -> Json:
    """Return the part of an intent that a browser with its client_secret may see."""
    return {name: intent[name] for name in _SEEN_BY_BROWSERS.split()}


def make(sandbox: Sandbox, params: Json) -> Json:
    """Keep a new intent, not yet confirmed, and emit `payment_intent.created`."""
    intent_id = sandbox.new_id("pi_")
    intent = sandbox.put(
        {
            "id": intent_id,
            "object": "payment_intent",
            **blank("payment_intent"),
            **created_fields(params),
            "client_secret": sandbox.new_id(f"{intent_id}_secret_", 25),
            "created": sandbox.now(),
        }
    )
    emit(sandbox, "payment_intent.created", intent)
    return intent


@endpoints("POST /v1/payment_intents")
def create(call: Call) -> Json:
    """Make an intent; with `confirm`, pay it at once."""
    params = call.params
    is_confirming = params.get("confirm", False)
    for name in ("return_url", "mandate_data", "off_session", "error_on_requires_action"):
        if name in params and not is_confirming:
            raise invalid(f"You can only use {name} together with confirm=true.", name)
    sandbox = call.sandbox
    if is_confirming:
        _check_return_url(created_fields(params), params)
    method = _given_method(sandbox, params)
    intent = make(sandbox, params)
    if method:
        intent = sandbox.change(intent, payment_method=method["id"], status="requires_confirmation")
    if not is_confirming:
        return intent
    return confirm(sandbox, intent["id"], return_url=params.get("return_url"))


@endpoints("GET /v1/payment_intents/{}", for_browsers=True)
def retrieve(call: Call, intent_id: str) -> Json:
    """Return an intent; to a browser, the part that it may see."""
    intent = call.sandbox.get("payment_intent", intent_id, param="intent")
    if not call.is_publishable:
        _check_secret(intent, call.params.get("client_secret"), is_required=False)
        return intent
    _check_secret(intent, call.params.get("client_secret"), is_required=True)
    return publishable(intent)


@endpoints("POST /v1/payment_intents/{}")
def update(call: Call, intent_id: str) -> Json:
    """Change an intent that has not been paid yet."""
    sandbox = call.sandbox
    intent = sandbox.get("payment_intent", intent_id, param="intent")
    if set(call.params) - {"metadata", "description", "receipt_email"}:
        _check_state(intent, _CHANGEABLE, "update")
    fields = updated_fields(intent, call.params)
    if method := _given_method(sandbox, call.params):
        fields |= {"payment_method": method["id"], "status": "requires_confirmation"}
    return sandbox.change(intent, **fields)


@endpoints("GET /v1/payment_intents")
def list_all(call: Call) -> Json:
    """Return intents, the newest first."""
    customer = call.params.get("customer")
    rows = (
        row
        for row in call.sandbox.newest_first("payment_intent")
        if customer in {None, row["customer"]}
    )
    return page(rows, call.params, "/v1/payment_intents", kind="payment_intent")


@endpoints("POST /v1/payment_intents/{}/confirm", for_browsers=True)
def confirm_by_request(call: Call, intent_id: str) -> Json:
    """Pay an intent, for a server or for a browser that knows the client_secret."""
    sandbox, params = call.sandbox, call.params
    intent = sandbox.get("payment_intent", intent_id, param="intent")
    if call.is_publishable:
        _check_secret(intent, params.get("client_secret"), is_required=True)
    else:
        _check_return_url(intent, params)
    if "receipt_email" in params or "shipping" in params:
        sandbox.change(intent, **updated_fields(intent, _of(params, "receipt_email", "shipping")))
    try:
        intent = confirm(
            sandbox,
            intent_id,
            payment_method=params.get("payment_method"),
            payment_method_data=params.get("payment_method_data"),
            return_url=params.get("return_url"),
        )
    except StripeError as error:
        if call.is_publishable and "payment_intent" in error.fields:
            error.fields["payment_intent"] = publishable(error.fields["payment_intent"])
        raise
    return publishable(intent) if call.is_publishable else intent


@endpoints("POST /v1/payment_intents/{}/cancel")
def cancel_by_request(call: Call, intent_id: str) -> Json:
    """Cancel an intent that has not been paid."""
    return cancel(call.sandbox, intent_id, reason=call.params.get("cancellation_reason"))


def cancel(sandbox: Sandbox, intent_id: str, *, reason: str | None) -> Json:
    """Cancel an intent; raise 400 when it has succeeded or was canceled before."""
    with sandbox.lock:
        intent = sandbox.get("payment_intent", intent_id, param="intent")
        if sandbox.note(intent_id).get("belongs_to") and reason != "automatic":
            raise invalid(
                "You cannot cancel the PaymentIntent of a Checkout Session. Expire the session.",
                "intent",
            )
        _check_state(intent, _CANCELABLE, "cancel")
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


def _method(sandbox: Sandbox, intent: Json, name: str | None, data: Json | None) -> Json:
    given = _given_method(sandbox, {"payment_method": name, "payment_method_data": data})
    if given:
        return given
    if intent["payment_method"] is None:
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    return sandbox.get("payment_method", intent["payment_method"])


def _given_method(sandbox: Sandbox, params: Json) -> Json | None:
    if data := params.get("payment_method_data"):
        return payment_methods.make(sandbox, data)
    if name := params.get("payment_method"):
        return payment_methods.find_or_make(sandbox, name)
    return None


def _check_state(intent: Json, allowed: set[str], verb: str) -> None:
    if intent["status"] in allowed:
        return
    one_of = ", ".join(sorted(allowed))
    raise StripeError(
        f"This PaymentIntent's status is {intent['status']}, so you cannot {verb} it: only a "
        f"PaymentIntent with one of these statuses allows that: {one_of}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )


def _check_secret(intent: Json, secret: Any, *, is_required: bool) -> None:
    if secret is None and not is_required:
        return
    if secret is None:
        raise required("client_secret")
    if not hmac.compare_digest(str(secret).encode(), intent["client_secret"].encode()):
        raise missing("payment_intent", intent["id"], "intent")


def _check_return_url(intent: Json, params: Json) -> None:
    methods = intent["automatic_payment_methods"]
    if methods and methods["allow_redirects"] == "always" and not params.get("return_url"):
        raise invalid(
            "This PaymentIntent is configured to accept payment methods that may redirect the "
            "customer, so confirming it needs a `return_url`. If you don't want that, set "
            "automatic_payment_methods[allow_redirects] to `never`.",
            "return_url",
        )


def _of(params: Json, *names: str) -> Json:
    return {name: params[name] for name in names if name in params}
