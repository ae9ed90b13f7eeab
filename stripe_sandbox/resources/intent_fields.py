"""A PaymentIntent's fields out of the parameters that ask for them."""

from stripe_sandbox.protocol.errors import invalid
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources import method_types
from stripe_sandbox.resources.currencies import check_amount, check_currency
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.texts import check_texts

_COPIED = (
    "allowed_payment_method_types",
    "customer",
    "description",
    "excluded_payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
CHANGEABLE = f"""
    {" ".join(_COPIED)}
    amount capture_method currency metadata payment_method payment_method_data
    {method_types.OPTIONS_TAKEN} shipping
"""
"""The parameters that are honoured when an intent is made and when it is changed."""
_DECIDES_TYPES = {
    "allowed_payment_method_types",
    "capture_method",
    "currency",
    "excluded_payment_method_types",
    "payment_method_types",
}
UNCHANGEABLE = {"amount", "capture_method", "currency", "customer", *_DECIDES_TYPES}
"""What a Checkout Session decides about its intent."""

_SEEN_BY_BROWSERS = """
    id object allowed_payment_method_types amount amount_details automatic_payment_methods
    canceled_at cancellation_reason capture_method client_secret confirmation_method created
    currency description last_payment_error livemode next_action payment_method
    payment_method_configuration_details payment_method_types processing receipt_email
    setup_future_usage shipping source status
"""


def created_fields(params: Json) -> Json:
    """Return the fields of a new intent; raise 400 for an amount or currency Stripe refuses."""
    check_texts(params)
    currency = check_currency(params["currency"])
    automatic = _automatic_methods(params)
    return {
        **{name: params.get(name) for name in _COPIED},
        "amount": check_amount(params["amount"], currency),
        "amount_capturable": 0,
        "amount_details": blank("payment_intent.amount_details"),
        "amount_received": 0,
        "automatic_payment_methods": automatic,
        "capture_method": params.get("capture_method", "automatic_async"),
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "currency": currency,
        "livemode": False,
        "metadata": merged({}, params.get("metadata", {})),
        **_methods(params, currency, automatic),
        "shipping": shipping(params.get("shipping")),
        "status": "requires_payment_method",
    }


def updated_fields(intent: Json, params: Json) -> Json:
    """Return the fields that an update changes; a parameter sent empty unsets its field."""
    check_texts(params)
    currency = check_currency(params["currency"] if "currency" in params else intent["currency"])
    fields = {name: params[name] for name in _COPIED if name in params}
    if "amount" in params or "currency" in params:
        amount = params["amount"] if "amount" in params else intent["amount"]
        fields |= {"amount": check_amount(amount, currency), "currency": currency}
    if "metadata" in params:
        fields["metadata"] = merged(intent["metadata"], params["metadata"])
    if "shipping" in params:
        fields["shipping"] = shipping(params["shipping"])
    if "capture_method" in params:
        fields["capture_method"] = params["capture_method"]
    if (_DECIDES_TYPES | {"payment_method_options"}) & set(params):
        automatic = intent["automatic_payment_methods"]
        fields |= _methods({**_deciding(intent), **params}, currency, automatic)
    return fields


def confirmed_fields(intent: Json, params: Json) -> Json:
    """Return the fields that a confirmation changes on the way."""
    if params.get("amount_to_confirm", intent["amount"]) != intent["amount"]:
        raise invalid(
            "The amount_to_confirm is not the amount of this PaymentIntent.", "amount_to_confirm"
        )
    names = {*_COPIED, *_DECIDES_TYPES, "payment_method_options", "shipping"} - {
        "customer",
        "currency",
    }
    return updated_fields(intent, {name: value for name, value in params.items() if name in names})


def publishable(intent: Json) -> Json:
    """Return the part of an intent that a browser with its client_secret may see."""
    return {name: intent[name] for name in _SEEN_BY_BROWSERS.split()}


def shipping(given: Json | None) -> Json | None:
    """Return an address for shipping in full, or None for none."""
    if not given:
        return None
    address = blank("payment_intent.shipping.address", **given["address"])
    return {**blank("payment_intent.shipping"), **given, "address": address}


def _deciding(intent: Json) -> Json:
    """Return what decided an intent's payment method types, as parameters."""
    named = None if intent["automatic_payment_methods"] else intent["payment_method_types"]
    allowed = intent["allowed_payment_method_types"]
    return {
        "allowed_payment_method_types": allowed,
        "capture_method": intent["capture_method"],
        "excluded_payment_method_types": intent["excluded_payment_method_types"],
        "payment_method_types": None if allowed else named,
    }


def _methods(params: Json, currency: str, automatic: Json | None) -> Json:
    may_redirect = automatic is None or automatic["allow_redirects"] == "always"
    types = method_types.offered(params, currency=currency, may_redirect=may_redirect)
    return {
        "payment_method_options": method_types.options("payment_intent", params, types),
        "payment_method_types": types,
    }


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
