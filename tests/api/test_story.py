"""The document's examples of answers are what a customer gets who does the same."""

from __future__ import annotations

import re
from typing import Any

from tests.api.described import Described
from tests.shop import ADDRESS


def test_the_examples_tell_what_happens(described: Described):
    """All but ids, addresses and moments; `listProducts` has more products, and others first."""
    lived = purchases(described)

    for operation_id, told in lived.items():
        [example] = examples_of_success(described.operations[operation_id])
        assert plain(told) == plain(example), operation_id
    assert lived.keys() == described.operations.keys() - {"emptyCart", "listProducts"}


def purchases(described: Described) -> dict[str, Any]:
    caller, shop = described.caller, described.caller.shop
    lived = {"putCartItem": caller.put_into_cart(quantity=2).json}
    lived["getCart"] = described.call("getCart")
    product_id = lived["getCart"]["items"][0]["product_id"]
    lived["getProduct"] = described.call("getProduct", product_id=product_id)
    lived["createPayment"] = started = caller.pay(metadata={"campaign": "spring"}).json
    shop.pay_at_stripe(started["payment_intent"]["id"])
    shop.deliver()
    ids = {name: started[name] for name in ("order_id", "payment_id")}
    lived |= {each: described.call(each, **ids) for each in ("getOrder", "getPayment")}
    shop.now += 60
    caller.put_into_cart(quantity=2)
    session = {"source_type": "cart", "success_url": ADDRESS, "cancel_url": ADDRESS}
    lived["createCheckoutSession"] = second = described.call("createCheckoutSession", session)
    lived["cancelOrder"] = described.call("cancelOrder", {}, order_id=second["order_id"])
    return lived | {each: described.call(each) for each in ("listOrders", "listPayments")}


def examples_of_success(operation: dict[str, Any]) -> list[Any]:
    answers = (operation["responses"].get(status, {}) for status in ("200", "201"))
    return [each["content"]["application/json"]["example"] for each in answers if each]


VARYING = re.compile(
    r"^(?:(?:prod|order|pay|pi|cs_test|user|evt)_|[0-9A-Z]{4}-[0-9A-Z]{4}$|\d{4}-|https?:|Long, ).*"
)


def plain(value: Any) -> Any:
    """Return a value without what differs from one purchase to the next."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return VARYING.sub("…", value) if isinstance(value, str) else value
