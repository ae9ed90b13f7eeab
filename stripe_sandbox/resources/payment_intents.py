"""PaymentIntents: their routes, and the two functions that the browser's pages call.

- `confirm(sandbox, intent_id, *, payment_method=None, payment_method_data=None, return_url=None)`
  returns the intent; raises `StripeError` (402, with the intent inside) on a decline.
- `complete_authentication(sandbox, intent_id, *, succeed)` ends the visit to the 3-D Secure page or
  to the page of a method that redirects, and returns the URL that the browser goes to next, or None
  when the intent was confirmed without a return_url.
"""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from stripe_sandbox.protocol.errors import StripeError, invalid
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.search import searched
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import attempts, customers, payment_methods
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.intent_checks import (
    check_mandate,
    check_redirect,
    check_return_url,
    check_secret,
    check_status,
    has_payment_method,
)
from stripe_sandbox.resources.intent_fields import (
    CHANGEABLE,
    UNCHANGEABLE,
    confirmed_fields,
    created_fields,
    publishable,
    updated_fields,
)
from stripe_sandbox.resources.method_types import check
from stripe_sandbox.resources.settlements import settle_due
from stripe_sandbox.resources.urls import check_url
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

continuations: dict[str, Callable[[Sandbox, Json], str]] = {}
"""Where a browser goes from its bank when not to a return_url, by what the intent belongs to."""

CONFIRMABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
_CANCELABLE = CONFIRMABLE | {"requires_capture"}
_OF_SERVERS = "error_on_requires_action mandate_data off_session return_url use_stripe_sdk"


def confirm(
    sandbox: Sandbox,
    intent_id: str,
    *,
    payment_method: str | None = None,
    payment_method_data: Json | None = None,
    return_url: str | None = None,
    server_params: Json | None = None,
) -> Json:
    """Try to pay an intent; return it succeeded, processing, requiring action or capture.

    `server_params` are those of a server's confirmation, which has duties that a browser hasn't.
    Raises the 402 of a decline, the 400 of an intent that can't be confirmed any more.
    """
    if return_url:
        check_url(return_url, "return_url", may_open_app=True)
    with sandbox.lock:
        intent = sandbox.get("payment_intent", intent_id, param="intent")
        check_status(intent, CONFIRMABLE, "confirm")
        given = {"payment_method": payment_method, "payment_method_data": payment_method_data}
        method = _given_method(sandbox, given) or _kept_method(sandbox, intent)
        check(intent, method)
        check_redirect(method, return_url)
        if server_params is not None:
            check_mandate(intent, method, server_params)
        sandbox.note(intent_id, return_url=return_url)
        asked = server_params or {}
        may_ask = not (asked.get("off_session") or asked.get("error_on_requires_action"))
        return attempts.attempt(sandbox, intent, method, return_url=return_url, may_ask=may_ask)


def complete_authentication(sandbox: Sandbox, intent_id: str, *, succeed: bool) -> str | None:
    """End a shopper's visit to their bank's page; return where the browser goes next, if anywhere.

    Raises 400 when the intent isn't waiting for that: done before, or canceled.
    """
    with sandbox.lock:
        intent = sandbox.get("payment_intent", intent_id, param="intent")
        intent = attempts.approved(sandbox, intent, succeed=succeed)
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


@endpoints(
    "POST /v1/payment_intents",
    takes=f"{CHANGEABLE} {_OF_SERVERS} automatic_payment_methods confirm confirmation_method",
)
def create(call: Call) -> Json:
    """Make an intent; with `confirm`, pay it at once."""
    sandbox, params = call.sandbox, call.params
    is_confirming = params.get("confirm", False)
    for name in ("return_url", "mandate_data", "off_session", "error_on_requires_action"):
        if name in params and not is_confirming:
            raise invalid(f"You can only use {name} together with confirm=true.", name)
    if is_confirming:
        check_return_url(created_fields(params), params)
    if params.get("customer"):
        customers.get_known(sandbox, params["customer"])
    if method := _given_method(sandbox, params):
        check(created_fields(params), method)
    intent = make(sandbox, params)
    if method:
        intent = sandbox.change(intent, payment_method=method["id"], status="requires_confirmation")
    if not is_confirming:
        return intent
    return_url = params.get("return_url")
    return confirm(sandbox, intent["id"], return_url=return_url, server_params=params)


@endpoints("GET /v1/payment_intents/{}", for_browsers=True, takes="client_secret")
def retrieve(call: Call, intent_id: str) -> Json:
    """Return an intent; to a browser, the part that it may see."""
    settle_due(call.sandbox)
    intent = call.sandbox.get("payment_intent", intent_id, param="intent")
    check_secret(intent, call.params.get("client_secret"), is_required=call.is_publishable)
    return publishable(intent) if call.is_publishable else intent


@endpoints("POST /v1/payment_intents/{}", takes=CHANGEABLE)
def update(call: Call, intent_id: str) -> Json:
    """Change an intent that has not been paid yet; what only describes it, at any time."""
    sandbox, params = call.sandbox, call.params
    intent = sandbox.get("payment_intent", intent_id, param="intent")
    if set(params) - {"metadata", "description", "receipt_email"}:
        check_status(intent, CONFIRMABLE, "update")
    if sandbox.note(intent_id).get("belongs_to") and (frozen := UNCHANGEABLE & set(params)):
        raise invalid(
            "You cannot change this of the PaymentIntent of a Checkout Session.", min(frozen)
        )
    if params.get("customer"):
        customers.get_known(sandbox, params["customer"])
    fields = updated_fields(intent, params)
    if any(fields.get(name, intent[name]) != intent[name] for name in ("amount", "currency")):
        fields |= attempts.withdraw_approval(sandbox, intent)
    if method := _given_method(sandbox, params):
        check({**intent, **fields}, method)
        fields |= {"payment_method": method["id"], "status": "requires_confirmation"}
    return sandbox.change(intent, **fields)


@endpoints("GET /v1/payment_intents", takes="customer")
def list_all(call: Call) -> Json:
    """Return intents, the newest first."""
    settle_due(call.sandbox)
    return listed(
        call.sandbox, "payment_intent", call.params, "/v1/payment_intents", filters=("customer",)
    )


@endpoints("GET /v1/payment_intents/search", takes="query page")
def search(call: Call) -> Json:
    """Return the intents that a query finds."""
    settle_due(call.sandbox)
    return searched(call.sandbox, "payment_intent", call.params, "/v1/payment_intents/search")


@endpoints(
    "POST /v1/payment_intents/{}/confirm",
    for_browsers=True,
    takes=f"{CHANGEABLE} {_OF_SERVERS} amount_to_confirm",
)
def confirm_by_request(call: Call, intent_id: str) -> Json:
    """Pay an intent, for a server or for a browser that knows the client_secret."""
    sandbox, params = call.sandbox, call.params
    intent = sandbox.get("payment_intent", intent_id, param="intent")
    check_secret(intent, params.get("client_secret"), is_required=call.is_publishable)
    if not call.is_publishable:
        check_return_url(intent, params)
    elif intent["confirmation_method"] == "manual":
        raise invalid(
            "This PaymentIntent's confirmation_method is manual: only a secret key confirms it.",
            "intent",
        )
    if fields := confirmed_fields(intent, params):
        check_status(intent, CONFIRMABLE, "confirm")
        sandbox.change(intent, **fields)
    try:
        intent = confirm(
            sandbox,
            intent_id,
            payment_method=params.get("payment_method"),
            payment_method_data=params.get("payment_method_data"),
            return_url=params.get("return_url"),
            server_params=None if call.is_publishable else params,
        )
    except StripeError as error:
        if call.is_publishable and "payment_intent" in error.fields:
            error.fields["payment_intent"] = publishable(error.fields["payment_intent"])
        raise
    return publishable(intent) if call.is_publishable else intent


@endpoints("POST /v1/payment_intents/{}/cancel", takes="cancellation_reason")
def cancel_by_request(call: Call, intent_id: str) -> Json:
    """Cancel an intent that has not been paid."""
    return cancel(call.sandbox, intent_id, reason=call.params.get("cancellation_reason"))


def cancel(sandbox: Sandbox, intent_id: str, *, reason: str | None) -> Json:
    """Cancel an intent; raise 400 when it has succeeded, is processing or was canceled before."""
    with sandbox.lock:
        intent = sandbox.get("payment_intent", intent_id, param="intent")
        note = sandbox.note(intent_id)
        owner = sandbox.find(note.get("belongs_to", ""), note.get("session"))
        if owner and owner["status"] == "open" and reason != "automatic":
            raise invalid(
                "You cannot cancel the PaymentIntent of a Checkout Session. Expire the session.",
                "intent",
            )
        check_status(intent, _CANCELABLE, "cancel")
        return attempts.canceled(sandbox, intent, reason)


def _kept_method(sandbox: Sandbox, intent: Json) -> Json:
    has_payment_method(intent)
    return sandbox.get("payment_method", intent["payment_method"])


def _given_method(sandbox: Sandbox, params: Json) -> Json | None:
    if data := params.get("payment_method_data"):
        return payment_methods.make(sandbox, data)
    if name := params.get("payment_method"):
        return payment_methods.find_or_make(sandbox, name)
    return None
