"""A product's fields out of the parameters that ask for it, wherever they stand."""

import re

from stripe_sandbox.protocol.errors import invalid
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.sandbox import Sandbox

COPIED = (
    "active",
    "description",
    "images",
    "marketing_features",
    "name",
    "shippable",
    "statement_descriptor",
    "unit_label",
    "url",
)
_LISTS = ("images", "marketing_features")
_KIND = "product"
_ID = re.compile(r"\A[A-Za-z0-9_-]{1,255}\Z")


def make(sandbox: Sandbox, params: Json) -> Json:
    """Keep a new product; raise 400 for an id that is taken."""
    product_id = params.get("id") or sandbox.new_id("prod_", 14)
    if not _ID.match(product_id):
        raise invalid("Product ids have letters, digits, - and _ only.", "id")
    if sandbox.find(_KIND, product_id):
        raise invalid("Product already exists.", "id", "resource_already_exists")
    row = sandbox.put(
        {
            "id": product_id,
            "object": _KIND,
            **blank(_KIND),
            "active": True,
            "created": sandbox.now(),
            "images": [],
            "livemode": False,
            "marketing_features": [],
            "metadata": {},
            "type": params.get("type", "service"),
            "updated": sandbox.now(),
            **changed_fields({"metadata": {}}, params),
        }
    )
    emit(sandbox, "product.created", row)
    return row


def changed_fields(known: Json, params: Json) -> Json:
    """Return the fields that the parameters change; a parameter sent empty unsets its field."""
    fields: Json = {name: params[name] for name in COPIED if name in params}
    fields |= {name: fields[name] or [] for name in _LISTS if name in fields}
    if "metadata" in params:
        fields["metadata"] = merged(known["metadata"], params["metadata"])
    if "package_dimensions" in params:
        given = params["package_dimensions"]
        fields["package_dimensions"] = given and {name: float(size) for name, size in given.items()}
    return fields
