"""Payment methods: a card or an account as Stripe remembers it, for one payment or a customer.

- `find_or_make(sandbox, name)` returns the one with this id, or behind a name like `pm_card_visa`.
- `make(sandbox, data)` makes one out of `payment_method_data`.
- `attach(sandbox, method, customer_id)` keeps one for a customer's next purchase.
"""

from stripe_sandbox.protocol.errors import StripeError, missing, required
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import method_fields
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.method_fields import Details
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

_KIND = "payment_method"
_TAKES = """
    type allow_redisplay billing_details metadata ideal sepa_debit
    card.number card.exp_month card.exp_year card.cvc card.token
"""


def find_or_make(sandbox: Sandbox, name: str, *, status: int = 400) -> Json:
    """Return the payment method `pm_…`, or a new one for `pm_card_visa` and its like.

    Raises `status` for an id that names nothing, 400 for one that was detached from its customer:
    Stripe never takes it again.
    """
    if known := sandbox.find(_KIND, name):
        if sandbox.note(name).get("is_spent"):
            raise _spent()
        return known
    found = method_fields.details_behind(name, sandbox.now())
    if found is None:
        raise missing("PaymentMethod", name, "payment_method", status)
    kind, details = found
    return _kept(sandbox, {"type": kind}, details)


def make(sandbox: Sandbox, data: Json, *, param: str = "payment_method_data") -> Json:
    """Return a new payment method for `{"type": "card", "card": {…}}`.

    Raises 402 for a card that the shopper mistyped, 400 for what a program got wrong.
    """
    return _kept(sandbox, data, method_fields.details_of(data, param, sandbox.now()))


def attach(sandbox: Sandbox, method: Json, customer_id: str) -> Json:
    """Keep a payment method for a customer; raise 400 when it is another's or was detached."""
    if sandbox.note(method["id"]).get("is_spent"):
        raise _spent()
    if method["customer"] == customer_id:
        return method
    if method["customer"]:
        raise StripeError(
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
        )
    method = sandbox.change(method, customer=customer_id)
    emit(sandbox, "payment_method.attached", method)
    return method


def detach(sandbox: Sandbox, method: Json) -> Json:
    """Take a payment method from its customer, for good."""
    if not method["customer"]:
        raise StripeError(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            param="payment_method",
        )
    after = sandbox.change(method, customer=None)
    sandbox.note(method["id"], is_spent=True)
    emit(sandbox, "payment_method.detached", after, before=method)
    return after


def of_customer(sandbox: Sandbox, customer_id: str, params: Json, url: str) -> Json:
    """Return a page of a customer's payment methods, of a `type` if one is asked for."""
    wanted = {name: params[name] for name in ("allow_redisplay", "type") if name in params}
    rows = (
        row
        for row in sandbox.newest_first(_KIND)
        if row["customer"] == customer_id
        and all(row[name] == value for name, value in wanted.items())
    )
    return page(rows, params, url, kind="PaymentMethod")


@endpoints("POST /v1/payment_methods", for_browsers=True, takes=_TAKES)
def create(call: Call) -> Json:
    """Make a payment method from card data, a test token, an IBAN or for iDEAL."""
    if "type" not in call.params:
        raise required("type")
    return make(call.sandbox, call.params, param="")


@endpoints("GET /v1/payment_methods/{}")
def retrieve(call: Call, payment_method_id: str) -> Json:
    """Return one payment method."""
    return _get(call, payment_method_id)


@endpoints(
    "POST /v1/payment_methods/{}",
    takes="allow_redisplay billing_details metadata card.exp_month card.exp_year",
)
def update(call: Call, payment_method_id: str) -> Json:
    """Change the payment method of a customer; others can't be changed."""
    before, params = _get(call, payment_method_id), call.params
    if not before["customer"]:
        raise StripeError(
            "You must save this PaymentMethod to a customer before you can update it.",
            param="payment_method",
        )
    fields: Json = {name: params[name] for name in ("allow_redisplay",) if name in params}
    if "billing_details" in params:
        known = before["billing_details"]
        fields["billing_details"] = method_fields.billing_details(params["billing_details"], known)
    if "card" in params:
        fields["card"] = _card_updated(before, params["card"], call.sandbox.now())
    if "metadata" in params:
        fields["metadata"] = merged(before["metadata"], params["metadata"])
    after = call.sandbox.change(before, **fields)
    emit(call.sandbox, "payment_method.updated", after, before=before)
    return after


@endpoints("POST /v1/payment_methods/{}/attach", takes="customer")
def attach_by_request(call: Call, payment_method_id: str) -> Json:
    """Keep a payment method, or one behind a name like `pm_card_visa`, for a customer."""
    if "customer" not in call.params:
        raise required("customer")
    method = find_or_make(call.sandbox, payment_method_id, status=404)
    customer = call.sandbox.find("customer", call.params["customer"])
    if customer is None or customer.get("deleted"):
        raise missing("customer", call.params["customer"], "customer", 400)
    return attach(call.sandbox, method, customer["id"])


@endpoints("POST /v1/payment_methods/{}/detach", takes="")
def detach_by_request(call: Call, payment_method_id: str) -> Json:
    """Take a payment method from its customer."""
    return detach(call.sandbox, _get(call, payment_method_id))


@endpoints("GET /v1/payment_methods", takes="allow_redisplay customer type")
def list_all(call: Call) -> Json:
    """Return the payment methods of a customer; without one, none, as Stripe answers."""
    customer = call.params.get("customer", "")
    return of_customer(call.sandbox, customer, call.params, "/v1/payment_methods")


def _get(call: Call, payment_method_id: str) -> Json:
    return call.sandbox.get(_KIND, payment_method_id, param="payment_method")


def _kept(sandbox: Sandbox, data: Json, details: Details) -> Json:
    row = sandbox.put(
        {
            "id": sandbox.new_id("pm_"),
            "object": _KIND,
            **blank(_KIND),
            "allow_redisplay": data.get("allow_redisplay") or "unspecified",
            "billing_details": method_fields.billing_details(data.get("billing_details")),
            "created": sandbox.now(),
            "livemode": False,
            "metadata": merged({}, data.get("metadata", {})),
            "type": data["type"],
            data["type"]: details.fields,
        }
    )
    sandbox.note(row["id"], behaviour=details.behaviour, is_slow=details.is_slow)
    return row


def _card_updated(method: Json, given: Json, now: int) -> Json:
    """Return the card of a payment method with another expiry."""
    if method["type"] != "card":
        raise StripeError(f"This is a payment method of type {method['type']}.", param="card")
    known = method["card"]
    month, year = method_fields.checked_expiry(
        given.get("exp_month", known["exp_month"]), given.get("exp_year", known["exp_year"]), now
    )
    return {**known, "exp_month": month, "exp_year": year}


def _spent() -> StripeError:
    return StripeError(
        "This PaymentMethod was detached from a Customer and may not be used again.",
        code="payment_method_unexpected_state",
        param="payment_method",
    )
