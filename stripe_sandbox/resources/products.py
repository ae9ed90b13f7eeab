"""Products: what is sold. Their prices are in `prices`."""

from stripe_sandbox.protocol.errors import StripeError, missing
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.search import searched
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import prices
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.product_fields import COPIED, changed_fields, make

endpoints = Endpoints()

_KIND = "product"
_TAKES = f"{' '.join(COPIED)} metadata package_dimensions"
_PRICED = """
    default_price_data.currency default_price_data.metadata default_price_data.recurring
    default_price_data.tax_behavior default_price_data.unit_amount
    default_price_data.unit_amount_decimal
"""
_FILTERS = ("active", "shippable", "type", "url")


@endpoints("POST /v1/products", takes=f"{_TAKES} id type {_PRICED}")
def create(call: Call) -> Json:
    """Make a product, with a price of its own if one is given."""
    sandbox, params = call.sandbox, call.params
    row = make(sandbox, params)
    if given := params.get("default_price_data"):
        price = prices.make(sandbox, {**given, "product": row["id"]}, param="default_price_data")
        row = sandbox.change(row, default_price=price["id"])
    return row


@endpoints("GET /v1/products/{}")
def retrieve(call: Call, product_id: str) -> Json:
    """Return one product."""
    return call.sandbox.get(_KIND, product_id)


@endpoints("POST /v1/products/{}", takes=f"{_TAKES} default_price")
def update(call: Call, product_id: str) -> Json:
    """Change a product; its default price must be one of its own."""
    sandbox = call.sandbox
    before = sandbox.get(_KIND, product_id)
    fields = changed_fields(before, call.params)
    if price_id := call.params.get("default_price"):
        price = prices.get_active(sandbox, price_id, param="default_price")
        if price["product"] != product_id:
            raise missing("price", price_id, "default_price", 400)
        fields["default_price"] = price_id
    after = sandbox.change(before, **fields, updated=sandbox.now())
    emit(sandbox, "product.updated", after, before=before)
    return after


@endpoints("GET /v1/products", takes=f"{' '.join(_FILTERS)} ids")
def list_all(call: Call) -> Json:
    """Return products, or those with these ids."""
    ids = call.params.get("ids")
    return listed(
        call.sandbox,
        _KIND,
        call.params,
        "/v1/products",
        filters=_FILTERS,
        matches=lambda row: ids is None or row["id"] in ids,
    )


@endpoints("GET /v1/products/search", takes="query page")
def search(call: Call) -> Json:
    """Return the products that a query finds."""
    return searched(call.sandbox, _KIND, call.params, "/v1/products/search")


@endpoints("DELETE /v1/products/{}")
def delete(call: Call, product_id: str) -> Json:
    """Forget a product; raise 400 when it has prices, which last for ever."""
    sandbox = call.sandbox
    product = sandbox.get(_KIND, product_id)
    if any(price["product"] == product_id for price in sandbox.newest_first("price")):
        raise StripeError(
            "This product cannot be deleted because it has one or more user-created prices.",
        )
    sandbox.remove(_KIND, product_id)
    emit(sandbox, "product.deleted", product)
    return {"id": product_id, "object": _KIND, "deleted": True}
