"""Payment methods: a card as Stripe remembers it. The number itself is never kept or logged."""

import hashlib
from datetime import UTC, datetime

from stripe_sandbox.protocol.errors import StripeError, invalid, missing, required
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import cards
from stripe_sandbox.resources.cards import Card
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

_CVC_LENGTHS = {3, 4}
_MONTHS = 12


def find_or_make(sandbox: Sandbox, name: str) -> Json:
    """Return the payment method `pm_…`, or a new one for `pm_card_visa` and its like."""
    if known := sandbox.find("payment_method", name):
        return known
    card = cards.by_payment_method(name) if name.startswith("pm_card_") else None
    if card is None:
        raise missing("PaymentMethod", name, "payment_method")
    return _kept(sandbox, card, {"type": "card"}, _next_year(sandbox))


def make(sandbox: Sandbox, data: Json, *, param: str = "payment_method_data") -> Json:
    """Return a new payment method for `{"type": "card", "card": {…}}`.

    Raises 402 for a card that the shopper mistyped, 400 for what a program got wrong.
    """
    if data["type"] != "card":
        raise StripeError(
            f"The sandbox has no payment methods of type {data['type']}.",
            kind="api_error",
            param=f"{param}[type]",
            status=501,
        )
    fields = data.get("card")
    if not fields:
        raise required(f"{param}[card]" if param else "card")
    if token := fields.get("token"):
        known = cards.by_payment_method(token) if token.startswith("tok_") else None
        if known is None:
            raise missing("token", token, "card[token]")
        return _kept(sandbox, known, data, _next_year(sandbox))
    for name in ("number", "exp_month", "exp_year"):
        if name not in fields:
            raise required(f"{param}[card][{name}]" if param else f"card[{name}]")
    expiry = (fields["exp_month"], fields["exp_year"])
    return _kept(sandbox, _checked(sandbox, fields), data, expiry)


@endpoints("POST /v1/payment_methods", for_browsers=True)
def create(call: Call) -> Json:
    """Make a payment method from card data or a test token."""
    if "type" not in call.params:
        raise required("type")
    return make(call.sandbox, call.params, param="")


@endpoints("GET /v1/payment_methods/{}")
def retrieve(call: Call, payment_method_id: str) -> Json:
    """Return one payment method."""
    return call.sandbox.get("payment_method", payment_method_id, param="payment_method")


@endpoints("GET /v1/payment_methods")
def list_all(call: Call) -> Json:
    """Return the payment methods of a customer: none, as the sandbox has no customers yet."""
    customer = call.params.get("customer")
    rows = [
        row
        for row in call.sandbox.newest_first("payment_method")
        if customer and row["customer"] == customer
    ]
    return page(rows, call.params, "/v1/payment_methods", kind="payment_method")


def _checked(sandbox: Sandbox, fields: Json) -> Card:
    """Return the card, or raise the 402 that names the field to correct."""
    card = cards.by_number(fields["number"].replace(" ", ""))
    if card is None:
        raise _wrong("number", "incorrect_number", "Your card number is incorrect.")
    today = datetime.fromtimestamp(sandbox.now(), UTC)
    month, year = fields["exp_month"], fields["exp_year"]
    year += 2000 if year < 100 else 0  # noqa: PLR2004
    if not 1 <= month <= _MONTHS:
        raise _wrong(
            "exp_month", "invalid_expiry_month", "Your card's expiration month is invalid."
        )
    if not today.year <= year <= today.year + 50:
        raise _wrong("exp_year", "invalid_expiry_year", "Your card's expiration year is invalid.")
    if (year, month) < (today.year, today.month):
        raise _wrong(
            "exp_month", "invalid_expiry_month", "Your card's expiration month is invalid."
        )
    cvc = fields.get("cvc", "123")
    if not (cvc.isascii() and cvc.isdecimal() and len(cvc) in _CVC_LENGTHS):
        raise _wrong("cvc", "invalid_cvc", "Your card's security code is invalid.")
    return card


def _wrong(param: str, code: str, message: str) -> StripeError:
    error = invalid(message, param, code)
    return StripeError(message, code=code, param=param, kind="card_error", **_doc(error))


def _doc(error: StripeError) -> Json:
    return {"doc_url": error.fields["doc_url"]}


def _next_year(sandbox: Sandbox) -> tuple[int, int]:
    today = datetime.fromtimestamp(sandbox.now(), UTC)
    return today.month, today.year + 1


def _kept(sandbox: Sandbox, card: Card, data: Json, expiry: tuple[int, int]) -> Json:
    month, year = expiry
    row = sandbox.put(
        {
            "id": sandbox.new_id("pm_"),
            "object": "payment_method",
            **blank("payment_method"),
            "allow_redisplay": data.get("allow_redisplay") or "unspecified",
            "billing_details": _billing_details(data.get("billing_details") or {}),
            "card": _card(card, month, year if year >= 100 else year + 2000),  # noqa: PLR2004
            "created": sandbox.now(),
            "livemode": False,
            "metadata": data.get("metadata") or {},
            "type": "card",
        }
    )
    sandbox.note(row["id"], behaviour=card.behaviour)
    return row


def _billing_details(given: Json) -> Json:
    address = {**blank("payment_method.billing_details.address"), **(given.get("address") or {})}
    details = blank("payment_method.billing_details", **given)
    return {**details, "address": address}


def _card(card: Card, month: int, year: int) -> Json:
    return blank(
        "payment_method.card",
        brand=card.brand,
        checks={
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "fail" if card.behaviour == "incorrect_cvc" else "pass",
        },
        country=card.country,
        display_brand=card.brand,
        exp_month=month,
        exp_year=year,
        fingerprint=hashlib.sha256(f"sandbox {card.number}".encode()).hexdigest()[:16],
        funding="credit",
        last4=card.number[-4:],
        networks={"available": [card.brand], "preferred": None},
        regulated_status="unregulated",
        three_d_secure_usage={"supported": True},
    )
