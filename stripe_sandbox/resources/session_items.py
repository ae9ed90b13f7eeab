"""A session's line items, out of prices that are known and prices that are made for it."""

from typing import Any

from stripe_sandbox.protocol.errors import invalid, lacking, missing, required
from stripe_sandbox.protocol.expansion import lists_within
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources.currencies import (
    LARGEST,
    check_amount,
    check_currency,
    least,
    shown,
)
from stripe_sandbox.resources.prices import get_active
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import Storage

_MOST_ITEMS = 100


def items(sandbox: Storage, session_id: str) -> list[Json]:
    """Return the line items of a session, in the order in which they were given."""
    found: list[Json] = sandbox.note(session_id).get("line_items", [])
    return found


def item_page(storage: Storage, session: Json, params: Json) -> Json:
    """Return one page of a session's line items."""
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return page(items(storage, session["id"]), params, url, kind="item")


def line_items(sandbox: Sandbox, params: Json) -> list[Json]:
    """Return the line items, their new prices and products kept.

    Raises 400 for prices that don't go together and for a total that can't be charged; a total of
    nothing needs no payment.
    """
    given = params.get("line_items")
    if not given:
        raise required("line_items")
    if len(given) > _MOST_ITEMS:
        raise invalid(f"A session can have up to {_MOST_ITEMS} line items.", "line_items")
    prices = [_price(sandbox, item, f"line_items[{at}]") for at, item in enumerate(given)]
    currency = check_currency(params.get("currency") or prices[0]["currency"])
    for at, (item, price) in enumerate(zip(given, prices, strict=True)):
        _check_item(item, price, currency, f"line_items[{at}]")
    pairs = list(zip(given, prices, strict=True))
    _check_total(sum(price["unit_amount"] * item["quantity"] for item, price in pairs), currency)
    return [_line_item(sandbox, item, _kept(sandbox, price)) for item, price in pairs]


def _price(sandbox: Sandbox, item: Json, param: str) -> Json:
    """Return the price of an item: a known one, or a new one that is not kept yet."""
    if "price" not in item:
        return _new_price(sandbox, item.get("price_data") or {}, f"{param}[price_data]")
    price = get_active(sandbox, item["price"], param=f"{param}[price]")
    if price["type"] != "one_time" or price["unit_amount"] is None:
        raise lacking(f"{param}[price]")
    return price


def _new_price(sandbox: Sandbox, given: Json, param: str) -> Json:
    for name in ("currency", "unit_amount"):
        if name not in given:
            raise required(f"{param}[{name}]")
    if "product" not in given and "product_data" not in given:
        raise required(f"{param}[product_data]")
    if "recurring" in given:
        raise invalid("Recurring prices need mode=subscription.", f"{param}[recurring]")
    if "product" in given and not sandbox.find("product", given["product"]):
        raise missing("product", given["product"], f"{param}[product]", 400)
    return {
        "object": "price",
        **blank("price"),
        "active": False,
        "billing_scheme": "per_unit",
        "created": sandbox.now(),
        "currency": check_currency(given["currency"], f"{param}[currency]"),
        "livemode": False,
        "metadata": {},
        "product": given.get("product") or given["product_data"],
        "recurring": None,
        "tax_behavior": given.get("tax_behavior", "unspecified"),
        "type": "one_time",
        "unit_amount": given["unit_amount"],
        "unit_amount_decimal": str(given["unit_amount"]),
    }


def _check_item(item: Json, price: Json, currency: str, param: str) -> None:
    source = f"{param}[price]" if "price" in item else f"{param}[price_data]"
    if price["currency"] != currency:
        raise invalid("All line items must use the same currency.", source)
    if not 0 <= price["unit_amount"] <= LARGEST:
        raise invalid("Invalid unit amount.", f"{source}[unit_amount]")
    if item.get("quantity", 0) < 1:
        raise invalid("A line item needs a quantity of 1 or more.", f"{param}[quantity]")


def _check_total(total: int, currency: str) -> None:
    if 0 < total < least(currency):
        raise invalid(
            "The Checkout Session's total amount due must add up to at least "
            f"{shown(least(currency), currency)}",
            "line_items",
            "amount_too_small",
        )
    if total:
        check_amount(total, currency, "line_items")


def _kept(sandbox: Sandbox, price: Json) -> Json:
    """Keep a new price and the product that it was given with; a known one is kept already."""
    if "id" in price:
        return price
    given = price["product"]
    product = given if isinstance(given, str) else _product(sandbox, given)["id"]
    return sandbox.put({"id": sandbox.new_id("price_"), **price, "product": product})


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
            "type": "service",
            "unit_label": given.get("unit_label"),
            "updated": sandbox.now(),
        }
    )


def _line_item(sandbox: Sandbox, item: Json, price: Json) -> Json:
    total = price["unit_amount"] * item["quantity"]
    return {
        "id": sandbox.new_id("li_"),
        "object": "item",
        **blank("item"),
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": sandbox.get("product", price["product"])["name"],
        "metadata": item.get("metadata") or {},
        "price": price,
        "quantity": item["quantity"],
    }


def _line_items(storage: Storage, session: Json) -> Any:
    return item_page(storage, session, {})


lists_within["checkout.session", "line_items"] = _line_items
