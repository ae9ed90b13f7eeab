"""Prices: what a product costs. They are never deleted, only made inactive.

`get_active(sandbox, price_id)` is how a Checkout Session reads one that a line item names.
"""

from decimal import Decimal

from stripe_sandbox.protocol.errors import StripeError, invalid, lacking, missing, required
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.search import searched
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import product_fields
from stripe_sandbox.resources.currencies import LARGEST, check_currency
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

_KIND = "price"
_CHANGEABLE = "active lookup_key metadata nickname tax_behavior transfer_lookup_key"
_TAKES = f"""
    {_CHANGEABLE} billing_scheme currency product unit_amount unit_amount_decimal
    product_data.active product_data.id product_data.metadata product_data.name
    product_data.statement_descriptor product_data.unit_label
    recurring.interval recurring.interval_count recurring.trial_period_days recurring.usage_type
"""
_FILTERS = ("active", "currency", "product", "type")


def get_active(sandbox: Sandbox, price_id: str, *, param: str = "price") -> Json:
    """Return the price that a parameter names; raise the 400 that blames it when unusable."""
    price = sandbox.find(_KIND, price_id)
    if price is None:
        raise missing(_KIND, price_id, param, 400)
    product = sandbox.find("product", price["product"])
    if not price["active"] or not product or not product["active"]:
        what = "product" if price["active"] else "price"
        raise invalid(
            f"The {what} specified is inactive. This field only accepts active {what}s.", param
        )
    return price


@endpoints("POST /v1/prices", takes=_TAKES)
def create(call: Call) -> Json:
    """Make a price, for a product or together with one."""
    sandbox, params = call.sandbox, call.params
    given = [name for name in ("product", "product_data") if params.get(name)]
    if not given:
        raise required("product")
    if len(given) > 1:
        raise invalid(
            "You may only specify one of these parameters: product, product_data.",
            "product_data",
            "parameters_exclusive",
        )
    if "product" in given and not sandbox.find("product", params["product"]):
        raise missing("product", params["product"], "product", 400)
    return make(sandbox, params)


def make(sandbox: Sandbox, params: Json, *, param: str = "") -> Json:
    """Keep a new price and, if `product_data` describes one, its product."""
    fields = _new_fields(params, param)
    key = _lookup_key(sandbox, params)
    product_id = params.get("product") or product_fields.make(sandbox, params["product_data"])["id"]
    row = sandbox.put(
        {
            "id": sandbox.new_id("price_"),
            "object": _KIND,
            **blank(_KIND),
            **fields,
            "created": sandbox.now(),
            "livemode": False,
            "lookup_key": key,
            "product": product_id,
        }
    )
    emit(sandbox, "price.created", row)
    return row


@endpoints("GET /v1/prices/{}")
def retrieve(call: Call, price_id: str) -> Json:
    """Return one price."""
    return call.sandbox.get(_KIND, price_id, param="price")


@endpoints("POST /v1/prices/{}", takes=_CHANGEABLE)
def update(call: Call, price_id: str) -> Json:
    """Change what can change of a price: not its amount."""
    sandbox, params = call.sandbox, call.params
    before = sandbox.get(_KIND, price_id, param="price")
    fields: Json = {name: params[name] for name in ("active", "nickname") if name in params}
    if "metadata" in params:
        fields["metadata"] = merged(before["metadata"], params["metadata"])
    if "tax_behavior" in params:
        _check_tax_behavior(before, params["tax_behavior"])
        fields["tax_behavior"] = params["tax_behavior"]
    if "lookup_key" in params:
        fields["lookup_key"] = _lookup_key(sandbox, params, besides=price_id)
    after = sandbox.change(before, **fields)
    emit(sandbox, "price.updated", after, before=before)
    return after


@endpoints("GET /v1/prices", takes=f"{' '.join(_FILTERS)} lookup_keys recurring")
def list_all(call: Call) -> Json:
    """Return prices, filtered by product, type, currency, lookup keys or how they recur."""
    keys = call.params.get("lookup_keys")
    recurring = call.params.get("recurring") or {}

    def matches(row: Json) -> bool:
        known = row["recurring"] or {}
        recurs = all(known.get(name) == value for name, value in recurring.items())
        return recurs and (keys is None or row["lookup_key"] in keys)

    return listed(call.sandbox, _KIND, call.params, "/v1/prices", filters=_FILTERS, matches=matches)


@endpoints("GET /v1/prices/search", takes="query page")
def search(call: Call) -> Json:
    """Return the prices that a query finds."""
    return searched(call.sandbox, _KIND, call.params, "/v1/prices/search")


def _new_fields(params: Json, param: str) -> Json:
    if params.get("billing_scheme", "per_unit") != "per_unit":
        raise lacking("billing_scheme")
    amount = _unit_amount(params, param)
    return {
        "active": params.get("active", True),
        "billing_scheme": "per_unit",
        "currency": check_currency(params["currency"]),
        "metadata": merged({}, params.get("metadata", {})),
        "nickname": params.get("nickname"),
        "recurring": _recurring(params.get("recurring")),
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "type": "recurring" if params.get("recurring") else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def _unit_amount(params: Json, param: str) -> int:
    """Return the amount; raise 501 for fractions of the smallest unit, which Stripe can do."""
    given = [name for name in ("unit_amount", "unit_amount_decimal") if name in params]
    names = [f"{param}[{name}]" if param else name for name in given]
    if not given:
        raise required(f"{param}[unit_amount]" if param else "unit_amount")
    if len(given) > 1:
        raise invalid(
            f"You may only specify one of these parameters: {', '.join(names)}.",
            names[1],
            "parameters_exclusive",
        )
    amount = Decimal(params[given[0]])
    if not 0 <= amount <= LARGEST:
        message = f"Invalid amount: it must be from 0 to {LARGEST}."
        raise invalid(message, names[0], "parameter_invalid_integer")
    if amount != amount.to_integral():
        raise lacking(names[0])
    return int(amount)


def _recurring(given: Json | None) -> Json | None:
    if not given:
        return None
    known = blank("price.recurring", interval_count=1, usage_type="licensed")
    return {**known, **given}


def _lookup_key(sandbox: Sandbox, params: Json, *, besides: str | None = None) -> str | None:
    """Return the lookup key; raise 400 when another price has it and doesn't give it up."""
    key: str | None = params.get("lookup_key")
    for price in list(sandbox.newest_first(_KIND)) if key else ():
        if price["lookup_key"] != key or price["id"] == besides:
            continue
        if not params.get("transfer_lookup_key"):
            message = f"A price (`{price['id']}`) already uses that lookup key."
            raise invalid(message, "lookup_key")
        sandbox.change(price, lookup_key=None)
    return key


def _check_tax_behavior(price: Json, wanted: str) -> None:
    if price["tax_behavior"] not in {"unspecified", wanted}:
        raise StripeError(
            "You cannot change the tax_behavior of a price once it is set.", param="tax_behavior"
        )
