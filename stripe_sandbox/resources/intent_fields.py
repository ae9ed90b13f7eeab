"""A PaymentIntent's fields out of the parameters that ask for them."""

from stripe_sandbox.protocol.errors import StripeError, invalid
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources.currencies import check_amount, check_currency
from stripe_sandbox.resources.metadata import merged

_COPIED = (
    "application_fee_amount",
    "customer",
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_UNKNOWN_HERE = ("customer", "on_behalf_of", "transfer_data", "confirmation_token")


def created_fields(params: Json) -> Json:
    """Return the fields of a new intent; raise 400 for an amount or currency Stripe refuses."""
    _refuse_what_is_missing_here(params)
    currency = check_currency(params["currency"])
    return {
        **{name: params.get(name) for name in _COPIED},
        "amount": check_amount(params["amount"], currency),
        "amount_capturable": 0,
        "amount_details": blank("payment_intent.amount_details"),
        "amount_received": 0,
        "automatic_payment_methods": _automatic_methods(params),
        "capture_method": params.get("capture_method", "automatic_async"),
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "currency": currency,
        "livemode": False,
        "metadata": merged({}, params.get("metadata", {})),
        "payment_method_options": _method_options(params),
        "payment_method_types": _method_types(params),
        "shipping": _shipping(params.get("shipping")),
        "status": "requires_payment_method",
    }


def updated_fields(intent: Json, params: Json) -> Json:
    """Return the fields that an update changes; a parameter sent empty unsets its field."""
    _refuse_what_is_missing_here(params)
    currency = check_currency(params["currency"] if "currency" in params else intent["currency"])
    fields = {name: params[name] for name in _COPIED if name in params}
    if "amount" in params or "currency" in params:
        amount = params["amount"] if "amount" in params else intent["amount"]
        fields |= {"amount": check_amount(amount, currency), "currency": currency}
    if "metadata" in params:
        fields["metadata"] = merged(intent["metadata"], params["metadata"])
    if "shipping" in params:
        fields["shipping"] = _shipping(params["shipping"])
    if "capture_method" in params:
        fields["capture_method"] = params["capture_method"]
    return fields


def _refuse_what_is_missing_here(params: Json) -> None:
    for name in _UNKNOWN_HERE:
        if params.get(name):
            raise StripeError(
                f"Stripe takes {name} here, the sandbox does not.",
                kind="api_error",
                param=name,
                status=501,
            )


def _automatic_methods(params: Json) -> Json | None:
    """Return the automatic payment methods: on unless the types were named or they are off."""
    given = params.get("automatic_payment_methods")
    named = params.get("payment_method_types") or params.get("allowed_payment_method_types")
    if given and given["enabled"]:
        if params.get("payment_method_types"):
            raise invalid(
                "You may only specify one of these parameters: automatic_payment_methods, "
                "payment_method_types.",
                "payment_method_types",
                "parameters_exclusive",
            )
        return {"allow_redirects": given.get("allow_redirects", "always"), "enabled": True}
    return None if named or given else {"allow_redirects": "always", "enabled": True}


def _method_types(params: Json) -> list[str]:
    types: list[str] = (
        params.get("payment_method_types") or params.get("allowed_payment_method_types") or ["card"]
    )
    return types


def _method_options(params: Json) -> Json:
    given = (params.get("payment_method_options") or {}).get("card") or {}
    known = blank("payment_intent.payment_method_options.card")
    card = {**known, "request_three_d_secure": "automatic"}
    return {"card": {**card, **{key: value for key, value in given.items() if key in known}}}


def _shipping(given: Json | None) -> Json | None:
    if not given:
        return None
    address = blank("payment_intent.shipping.address", **given["address"])
    return {**blank("payment_intent.shipping"), **given, "address": address}
