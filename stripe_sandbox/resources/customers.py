"""Customers: who pays, and the payment methods that are kept for them.

`get_known(sandbox, customer_id)` is how other resources read one that a parameter names.
"""

import re

from stripe_sandbox.protocol.errors import invalid, missing
from stripe_sandbox.protocol.expansion import lists_within
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.search import searched
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import payment_methods
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.texts import check_texts
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import Storage

endpoints = Endpoints()

_KIND = "customer"
_COPIED = (
    "business_name",
    "description",
    "email",
    "individual_name",
    "invoice_prefix",
    "name",
    "phone",
    "preferred_locales",
    "tax_exempt",
)
_TAKES = f"{' '.join(_COPIED)} address invoice_settings metadata shipping"
_PREFIX = re.compile(r"\A[A-Z0-9]{3,12}\Z")


def get_known(
    sandbox: Sandbox, customer_id: str, *, param: str = "customer", status: int = 400
) -> Json:
    """Return the customer that a parameter names; raise the 400 that blames it when deleted."""
    row = sandbox.find(_KIND, customer_id)
    if row is None or row.get("deleted"):
        raise missing(_KIND, customer_id, param, status)
    return row


def make(sandbox: Sandbox, params: Json) -> Json:
    """Keep a new customer, with a payment method of theirs if one is given."""
    customer_id = sandbox.new_id("cus_", 14)
    fields = _fields(sandbox, _new(sandbox), params)
    method = None
    if name := params.get("payment_method"):
        method = payment_methods.find_or_make(sandbox, name)
    row = {"id": customer_id, "object": _KIND, **blank(_KIND), **_new(sandbox), **fields}
    row = sandbox.put({**row, "created": sandbox.now(), "livemode": False})
    emit(sandbox, "customer.created", row)
    if method:
        payment_methods.attach(sandbox, method, customer_id)
    return row


@endpoints("POST /v1/customers", takes=f"{_TAKES} payment_method")
def create(call: Call) -> Json:
    """Make a customer, with a payment method of theirs if one is given."""
    return make(call.sandbox, call.params)


@endpoints("GET /v1/customers/{}")
def retrieve(call: Call, customer_id: str) -> Json:
    """Return one customer; of a deleted one only that it is deleted."""
    return call.sandbox.get(_KIND, customer_id)


@endpoints("POST /v1/customers/{}", takes=_TAKES)
def update(call: Call, customer_id: str) -> Json:
    """Change a customer."""
    before = _get(call, customer_id)
    after = call.sandbox.change(before, **_fields(call.sandbox, before, call.params))
    emit(call.sandbox, "customer.updated", after, before=before)
    return after


@endpoints("GET /v1/customers", takes="email")
def list_all(call: Call) -> Json:
    """Return customers, or those with exactly this e-mail address."""
    return listed(call.sandbox, _KIND, call.params, "/v1/customers", filters=("email",))


@endpoints("GET /v1/customers/search", takes="query page")
def search(call: Call) -> Json:
    """Return the customers that a query finds."""
    return searched(call.sandbox, _KIND, call.params, "/v1/customers/search")


@endpoints("DELETE /v1/customers/{}")
def delete(call: Call, customer_id: str) -> Json:
    """Forget a customer for good, and take their payment methods from them."""
    sandbox = call.sandbox
    customer = _get(call, customer_id)
    for method in list(sandbox.newest_first("payment_method")):
        if method["customer"] == customer_id:
            payment_methods.detach(sandbox, method)
    emit(sandbox, "customer.deleted", customer)
    return sandbox.put({"id": customer_id, "object": _KIND, "deleted": True})


@endpoints("GET /v1/customers/{}/payment_methods", takes="allow_redisplay type")
def list_payment_methods(call: Call, customer_id: str) -> Json:
    """Return a customer's payment methods."""
    _get(call, customer_id)
    url = f"/v1/customers/{customer_id}/payment_methods"
    return payment_methods.of_customer(call.sandbox, customer_id, call.params, url)


@endpoints("GET /v1/customers/{}/payment_methods/{}")
def retrieve_payment_method(call: Call, customer_id: str, payment_method_id: str) -> Json:
    """Return one of a customer's payment methods."""
    _get(call, customer_id)
    method = call.sandbox.get("payment_method", payment_method_id, param="payment_method")
    if method["customer"] != customer_id:
        raise missing("PaymentMethod", payment_method_id, "payment_method")
    return method


def _get(call: Call, customer_id: str) -> Json:
    return get_known(call.sandbox, customer_id, param="id", status=404)


def _new(sandbox: Sandbox) -> Json:
    """Return the fields of a customer of whom nothing was told."""
    return {
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": sandbox.new_id("", 8).upper(),
        "invoice_settings": blank("customer.invoice_settings"),
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }


def _fields(sandbox: Sandbox, known: Json, params: Json) -> Json:
    """Return the fields that the parameters change; a parameter sent empty unsets its field."""
    _check(params)
    fields: Json = {name: params[name] for name in _COPIED if name in params}
    if "tax_exempt" in params:
        fields["tax_exempt"] = params["tax_exempt"] or "none"
    if "address" in params:
        fields["address"] = params["address"] and blank("customer.address", **params["address"])
    if "shipping" in params:
        fields["shipping"] = _shipping(params["shipping"])
    if "metadata" in params:
        fields["metadata"] = merged(known["metadata"], params["metadata"])
    if given := params.get("invoice_settings"):
        method = given.get("default_payment_method")
        if method and not sandbox.find("payment_method", method):
            param = "invoice_settings[default_payment_method]"
            raise missing("PaymentMethod", method, param, 400)
        fields["invoice_settings"] = {**known["invoice_settings"], **given}
    return fields


def _check(params: Json) -> None:
    check_texts(params)
    if (prefix := params.get("invoice_prefix")) and not _PREFIX.match(prefix):
        raise invalid(
            "The invoice_prefix has 3 to 12 upper-case letters or digits.", "invoice_prefix"
        )


def _shipping(given: Json | None) -> Json | None:
    if not given:
        return None
    address = blank("customer.shipping.address", **given["address"])
    return {"name": given["name"], "phone": given.get("phone"), "address": address}


def _none_of(what: str) -> None:
    def none(_: Storage, customer: Json) -> Json:
        url = f"/v1/customers/{customer['id']}/{what}"
        return {"object": "list", "data": [], "has_more": False, "url": url}

    lists_within[_KIND, what] = none


for _what in ("sources", "subscriptions", "tax_ids"):
    _none_of(_what)
