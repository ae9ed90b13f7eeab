"""A Checkout Session's fields and line items out of the parameters that ask for them."""

from urllib.parse import urlsplit

from stripe_sandbox.protocol.errors import StripeError, invalid, missing, required
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources.currencies import (
    LARGEST,
    SMALLEST,
    check_amount,
    check_currency,
    shown,
)
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.sandbox import Sandbox

SHORTEST, LONGEST = 30 * 60, 24 * 3600
_COPIED = (
    "billing_address_collection",
    "client_reference_id",
    "customer_email",
    "locale",
    "submit_type",
)
_UNKNOWN_HERE = (
    "automatic_tax",
    "customer",
    "discounts",
    "invoice_creation",
    "optional_items",
    "setup_intent_data",
    "shipping_options",
    "subscription_data",
)
_MOST_ITEMS = 100


def created_fields(params: Json, *, now: int) -> Json:
    """Return the fields of a new session; raise what Stripe answers for those it refuses."""
    _refuse_what_is_missing_here(params)
    if not params.get("line_items"):
        raise required("line_items")
    for name in ("success_url", "cancel_url"):
        _check_url(params, name)
    return {
        **{name: params.get(name) for name in _COPIED},
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": blank("checkout.session.automatic_tax", enabled=False),
        "cancel_url": params.get("cancel_url"),
        "currency": _currency(params),
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer_creation": params.get("customer_creation", "if_required"),
        "expires_at": _expiry(params, now),
        "livemode": False,
        "metadata": merged({}, params.get("metadata", {})),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {
            "card": blank(
                "checkout.session.payment_method_options.card", request_three_d_secure="automatic"
            )
        },
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "success_url": params["success_url"],
        "total_details": blank(
            "checkout.session.total_details", amount_discount=0, amount_shipping=0, amount_tax=0
        ),
        "ui_mode": "hosted_page",
    }


def line_items(sandbox: Sandbox, params: Json) -> list[Json]:
    """Return the line items, their prices and products kept; raise 400 for a total out of range."""
    given = params["line_items"]
    if len(given) > _MOST_ITEMS:
        raise invalid(f"A session can have up to {_MOST_ITEMS} line items.", "line_items")
    currency = _currency(params)
    priced = [_priced(item, index, currency) for index, item in enumerate(given)]
    _check_total(sum(amount * quantity for amount, quantity in priced), currency)
    return [
        _line_item(sandbox, item, amount, quantity)
        for item, (amount, quantity) in zip(given, priced, strict=True)
    ]


def _refuse_what_is_missing_here(params: Json) -> None:
    asked = [name for name in _UNKNOWN_HERE if params.get(name)]
    if params.get("mode", "payment") != "payment":
        asked.append("mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        asked.append("ui_mode")
    if asked:
        raise StripeError(
            f"Stripe takes this {asked[0]}, the sandbox does not.",
            kind="api_error",
            param=asked[0],
            status=501,
        )


def _check_url(params: Json, name: str) -> None:
    if name not in params:
        if name == "success_url":
            raise required(name)
        return
    parts = urlsplit(params[name])
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("Not a valid URL", name, "url_invalid")


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


def _currency(params: Json) -> str:
    first: dict[str, str] = params["line_items"][0].get("price_data") or params
    return check_currency(first.get("currency", "usd"))


def _priced(item: Json, index: int, currency: str) -> tuple[int, int]:
    """Return (unit amount, quantity) of a line item."""
    param = f"line_items[{index}]"
    price = _price_data(item, param)
    if "recurring" in price:
        raise invalid("Recurring prices need mode=subscription.", f"{param}[price_data][recurring]")
    if check_currency(price["currency"], f"{param}[price_data][currency]") != currency:
        raise invalid("All line items must use the same currency.", f"{param}[price_data]")
    if not 0 <= price["unit_amount"] <= LARGEST:
        raise invalid("Invalid unit amount.", f"{param}[price_data][unit_amount]")
    if item.get("quantity", 0) < 1:
        raise invalid("A line item needs a quantity of 1 or more.", f"{param}[quantity]")
    return price["unit_amount"], item["quantity"]


def _price_data(item: Json, param: str) -> Json:
    if "price" in item:
        raise missing("price", item["price"], f"{param}[price]")
    price: Json = item.get("price_data") or {}
    for name in ("currency", "product_data", "unit_amount"):
        if name not in price:
            raise required(f"{param}[price_data][{name}]")
    return price


def _check_total(total: int, currency: str) -> None:
    least = SMALLEST.get(currency, 50)
    if total < least:
        raise invalid(
            "The Checkout Session's total amount due must add up to at least "
            f"{shown(least, currency)}",
            "line_items",
            "amount_too_small",
        )
    check_amount(total, currency, "line_items")


def _line_item(sandbox: Sandbox, item: Json, amount: int, quantity: int) -> Json:
    price = _price(sandbox, item["price_data"], amount)
    total = amount * quantity
    return {
        "id": sandbox.new_id("li_"),
        "object": "item",
        **blank("item"),
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": item["price_data"]["product_data"]["name"],
        "metadata": item.get("metadata") or {},
        "price": price,
        "quantity": quantity,
    }


def _price(sandbox: Sandbox, given: Json, amount: int) -> Json:
    product = _product(sandbox, given["product_data"])
    return sandbox.put(
        {
            "id": sandbox.new_id("price_"),
            "object": "price",
            **blank("price"),
            "active": False,
            "billing_scheme": "per_unit",
            "created": sandbox.now(),
            "currency": given["currency"].lower(),
            "livemode": False,
            "metadata": {},
            "product": product["id"],
            "recurring": None,
            "tax_behavior": given.get("tax_behavior", "unspecified"),
            "type": "one_time",
            "unit_amount": amount,
            "unit_amount_decimal": str(amount),
        }
    )


def _product(sandbox: Sandbox, given: Json) -> Json:
    return sandbox.put(
        {
            "id": sandbox.new_id("prod_", 14),
            "object": "product",
            **blank("product"),
            "active": False,
            "created": sandbox.now(),
            "description": given.get("description"),
            "images": given.get("images", []),
            "livemode": False,
            "marketing_features": [],
            "metadata": given.get("metadata") or {},
            "name": given["name"],
            "tax_code": given.get("tax_code"),
            "type": "service",
            "unit_label": given.get("unit_label"),
            "updated": sandbox.now(),
        }
    )
