"""A Checkout Session's fields out of the parameters that ask for them."""

from stripe_sandbox.protocol.errors import invalid, lacking, required
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources import customers, method_types
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.texts import check_texts
from stripe_sandbox.resources.urls import check_url
from stripe_sandbox.sandbox import Sandbox

SHORTEST, LONGEST = 30 * 60, 24 * 3600
_COPIED = (
    "allowed_payment_method_types",
    "billing_address_collection",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "excluded_payment_method_types",
    "locale",
    "origin_context",
    "submit_type",
    "success_url",
)
_OF_INTENT = (
    "capture_method",
    "description",
    "metadata",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_OF_PRICE = (
    "currency",
    "product",
    "product_data.description",
    "product_data.images",
    "product_data.metadata",
    "product_data.name",
    "product_data.unit_label",
    "recurring",
    "tax_behavior",
    "unit_amount",
)
TAKEN = f"""
    {" ".join(_COPIED)}
    {" ".join(f"payment_intent_data.{name}" for name in _OF_INTENT)}
    currency customer customer_creation expires_at metadata mode payment_method_collection
    {method_types.OPTIONS_TAKEN} ui_mode
    line_items.price line_items.quantity line_items.metadata
    {" ".join(f"line_items.price_data.{name}" for name in _OF_PRICE)}
"""
"""The parameters that are honoured when a session is opened."""
_ONLY = {
    "billing_address_collection": ("auto",),
    "mode": ("payment",),
    "submit_type": ("auto", "pay"),
    "ui_mode": ("hosted_page",),
}
"""Of some parameters, the only values that are honoured."""


def created_fields(sandbox: Sandbox, params: Json, *, total: int, currency: str) -> Json:
    """Return the fields of a new session; raise what Stripe answers for those it refuses."""
    for name, values in _ONLY.items():
        if params.get(name, values[0]) not in values:
            raise lacking(name)
    given = params.get("payment_intent_data") or {}
    types = method_types.offered(
        {**params, "capture_method": given.get("capture_method")}, currency=currency
    )
    check_texts(params)
    check_texts(given, "payment_intent_data")
    if "success_url" not in params:
        raise required("success_url")
    check_url(params["success_url"], "success_url")
    if "cancel_url" in params:
        check_url(params["cancel_url"], "cancel_url")
    return {
        **_same_for_all(),
        **{name: params.get(name) for name in _COPIED},
        "amount_subtotal": total,
        "amount_total": total,
        "currency": currency,
        **_customer_fields(sandbox, params),
        "expires_at": _expiry(params, sandbox.now()),
        "metadata": merged({}, params.get("metadata", {})),
        "payment_method_collection": params.get("payment_method_collection", "if_required"),
        "payment_method_options": method_types.options("checkout.session", params, types),
        "payment_method_types": types,
        "payment_status": "unpaid" if total else "no_payment_required",
    }


def updated_fields(session: Json, params: Json) -> Json:
    """Return the fields that an update changes; what concerns the payment, while it is open."""
    fields: Json = {}
    if "metadata" in params:
        fields["metadata"] = merged(session["metadata"], params["metadata"])
    if "collected_information" in params:
        details = params["collected_information"].get("shipping_details")
        known = blank("checkout.session.collected_information")
        fields["collected_information"] = {**known, "shipping_details": shipping_details(details)}
    return fields


def shipping_details(given: Json | None) -> Json | None:
    """Return a shopper's address in full."""
    if not given:
        return None
    path = "checkout.session.collected_information.shipping_details"
    return {"address": blank(f"{path}.address", **given["address"]), "name": given["name"]}


def _same_for_all() -> Json:
    """Return what the sandbox's sessions have in common."""
    return {
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": blank("checkout.session.automatic_tax", enabled=False),
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "livemode": False,
        "mode": "payment",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": blank(
            "checkout.session.total_details", amount_discount=0, amount_shipping=0, amount_tax=0
        ),
        "ui_mode": "hosted_page",
    }


def _customer_fields(sandbox: Sandbox, params: Json) -> Json:
    """Return the customer, and the address that the hosted page begins with."""
    if not params.get("customer"):
        return {
            "customer": None,
            "customer_creation": params.get("customer_creation", "if_required"),
        }
    if params.get("customer_email"):
        raise invalid(
            "You may only specify one of these parameters: customer, customer_email.",
            "customer_email",
            "parameters_exclusive",
        )
    customer = customers.get_known(sandbox, params["customer"])
    details = {name: customer[name] for name in ("address", "email", "name", "phone")}
    details |= {"tax_exempt": customer["tax_exempt"] or "none", "tax_ids": []}
    return {
        "customer": customer["id"],
        "customer_creation": None,
        "customer_details": blank("checkout.session.customer_details", **details),
    }


def _expiry(params: Json, now: int) -> int:
    expires_at: int = params.get("expires_at", now + LONGEST)
    if expires_at < now + SHORTEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            "expires_at",
        )
    if expires_at > now + LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            "expires_at",
        )
    return expires_at
