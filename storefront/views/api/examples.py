"""Examples of requests and errors for the OpenAPI document, and what answer leads to what request.

Every one of them is executed by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storefront.config import settings
from storefront.views.api.errors import CODES, ErrorCode

TAGS: Mapping[str, str] = {
    "Products": "What is for sale.",
    "Cart": "What you mean to buy.",
    "Payments": "Paying: your own page, or the one that Stripe hosts.",
    "Orders": "What was bought, and where it stands.",
}


def link(operation: str, description: str, **parameters: str) -> dict[str, Any]:
    """Describe how an answer leads to another operation."""
    return {"operationId": operation, "parameters": parameters, "description": description}


STARTED = {
    "payment": link("getPayment", "Poll the payment.", payment_id="$response.body#/payment_id"),
    "order": link("getOrder", "Poll the order.", order_id="$response.body#/order_id"),
    "cancel": link("cancelOrder", "Change your mind.", order_id="$response.body#/order_id"),
}
LINKS: Mapping[str, Any] = {
    "createPayment": STARTED,
    "createCheckoutSession": STARTED,
    "listProducts": {
        "product": link("getProduct", "Look at one.", product_id="$response.body#/data/0/id"),
        "cart": link("putCartItem", "Choose one.", product_id="$response.body#/data/0/id"),
    },
    "getProduct": {
        "cart": link("putCartItem", "Put it into the cart.", product_id="$response.body#/id")
    },
    "listPayments": {
        "payment": link("getPayment", "Look at one.", payment_id="$response.body#/data/0/id"),
    },
    "listOrders": {
        "order": link("getOrder", "Look at one.", order_id="$response.body#/data/0/id"),
    },
    "getPayment": {"order": link("getOrder", "What it pays.", order_id="$response.body#/order_id")},
    "getOrder": {
        "cancel": link("cancelOrder", "Cancel it.", order_id="$response.body#/id"),
        "payment": link(
            "getPayment", "Its first attempt.", payment_id="$response.body#/payments/0/id"
        ),
    },
}

FROM_THE_CART = {"source_type": "cart", "payment_method": "stripe"}
FROM_AN_ORDER = {"source_type": "order", "source_id": "order_0123456789ABCDEFGHIJKL"}
NOTES = {"metadata": {"campaign": "spring"}}
PRODUCT = {"product_id": "prod_0123456789ABCDEFGHIJKL"}
DETAILS: Mapping[ErrorCode, dict[str, Any]] = {
    ErrorCode.FORBIDDEN: {"scope": "payments:write"},
    ErrorCode.INVALID_FIELDS: {"fields": {"quantity": ["Not a valid integer."]}},
    ErrorCode.INSUFFICIENT_STOCK: {"items": [PRODUCT | {"requested": 3, "available": 2}]},
    ErrorCode.PRICE_CHANGED: {
        "items": [PRODUCT | {"product_price": 2999, "product_price_before": 2499}]
    },
    ErrorCode.ORDER_ALREADY_PAID: {"status": "paid"},
    ErrorCode.ORDER_CLOSED: {"status": "cancelled"},
    ErrorCode.PAYMENT_PROCESSING: {"status": "processing"},
}


def requests(operation: str) -> dict[str, Any]:
    """Return examples of what an operation takes, by their names."""
    base = settings().public_base_url
    session = {
        "success_url": f"{base}/?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{base}/cart",
    }
    found: dict[str, dict[str, Any]] = {
        "createPayment": {
            "Pay the cart": {**FROM_THE_CART, "return_url": f"{base}/"},
            "Pay an order again": FROM_AN_ORDER,
            "Keep notes with it": FROM_THE_CART | NOTES,
        },
        "createCheckoutSession": {
            "Pay the cart": {"source_type": "cart", **session},
            "Pay an order again": FROM_AN_ORDER | session,
        },
        "putCartItem": {"Have two": {"quantity": 2}, "Remove it": {"quantity": 0}},
        "cancelOrder": {"Nothing to say": {}},
    }
    return found.get(operation, {})


def error(code: ErrorCode) -> dict[str, Any]:
    """Return an example of the answer that tells of `code`."""
    return {
        "error": {
            "code": str(code),
            "message": CODES[code].sentence,
            "details": DETAILS.get(code, {}),
        },
        "request_id": "req_0123456789ABCDEFGHIJKL",
        "timestamp": "2026-11-23T16:05:00.000Z",
    }
