"""What a request about a PaymentIntent must fulfil, or the 400 that Stripe answers."""

import hmac
from typing import Any

from stripe_sandbox.protocol.errors import StripeError, invalid, missing, required
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources.method_types import METHOD_TYPES


def check_status(intent: Json, allowed: set[str], verb: str) -> None:
    """Refuse to `verb` an intent whose status isn't among the allowed ones."""
    if intent["status"] in allowed:
        return
    one_of = ", ".join(sorted(allowed))
    raise StripeError(
        f"This PaymentIntent's status is {intent['status']}, so you cannot {verb} it: only a "
        f"PaymentIntent with one of these statuses allows that: {one_of}.",
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )


def check_secret(intent: Json, secret: Any, *, is_required: bool) -> None:
    """Refuse a client_secret that is not the intent's, as if there were no such intent."""
    if secret is None and not is_required:
        return
    if secret is None:
        raise required("client_secret")
    if not hmac.compare_digest(str(secret).encode(), intent["client_secret"].encode()):
        raise missing("payment_intent", intent["id"], "intent")


def check_return_url(intent: Json, params: Json) -> None:
    """Refuse a server's confirmation that may redirect and doesn't say where to come back to."""
    methods = intent["automatic_payment_methods"]
    if methods and methods["allow_redirects"] == "always" and not params.get("return_url"):
        raise invalid(
            "This PaymentIntent is configured to accept payment methods that may redirect the "
            "customer, so confirming it needs a `return_url`. If you don't want that, set "
            "automatic_payment_methods[allow_redirects] to `never`.",
            "return_url",
        )


def check_redirect(method: Json, return_url: str | None) -> None:
    """Refuse a method whose page would not know where to lead the shopper afterwards."""
    if METHOD_TYPES[method["type"]].redirects and not return_url:
        raise invalid(
            f"You must provide a `return_url` to confirm with a {method['type']} payment method.",
            "return_url",
        )


def check_mandate(intent: Json, method: Json, params: Json) -> None:
    """Refuse a server's debit without the customer's acceptance; Stripe.js brings its own."""
    if METHOD_TYPES[method["type"]].needs_mandate and not params.get("mandate_data"):
        raise StripeError(
            "This PaymentIntent requires a mandate, but there is none. Collect the customer's "
            "acceptance and confirm with it as `mandate_data`.",
            code="payment_intent_mandate_invalid",
            param="mandate_data",
            payment_intent=intent,
        )


def has_payment_method(intent: Json) -> None:
    """Refuse to confirm an intent that has no payment method and was given none."""
    if intent["payment_method"] is None:
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
