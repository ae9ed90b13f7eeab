"""The OpenAPI document's examples of answers: one customer's purchases, told by every operation.

Somebody puts two pairs of shears into the cart and pays them on a page of their own; orders two
more, gets as far as Stripe's page, and cancels. A test lives through that and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storefront.views.api.outputs import ORDER_ID, PAY_ID, PROD_ID

CANCELLED_ID, CANCELLED_PAY_ID = (f"{each[:-1]}M" for each in (ORDER_ID, PAY_ID))
SESSION_ID = "cs_test_a1"
PRICE = {"amount": 5998, "currency": "usd"}
TOTAL = {"total_amount": 5998, "currency": "usd"}
USER = {"user_id": "user_0123456789ABCDEFGHIJKL"}

PRODUCT = {
    "id": PROD_ID,
    "slug": "paper-shears",
    "name": "Paper shears, 21 cm",
    "description": "Long, slim blades of carbon steel that cut a whole sheet in three strokes.",
    "category": "Bench",
    "image_url": "https://shop.example/static/products/paper-shears.svg",
    "unit_amount": 2999,
    "currency": "usd",
    "stock": 27,
}
ITEM = {
    "product_id": PROD_ID,
    "product_name": "Paper shears, 21 cm",
    "product_price": 2999,
    "quantity": 2,
    "subtotal": 5998,
}
CART = {"items": [ITEM | {"notice": None}], **TOTAL, "order_id": None}

INTENT_STARTED = {
    "payment_id": PAY_ID,
    "order_id": ORDER_ID,
    "payment_intent": {
        "id": "pi_3QK",
        "status": "requires_payment_method",
        **PRICE,
        "client_secret": "pi_3QK_secret_9hR",
    },
    **PRICE,
    "status": "pending",
}
SESSION_STARTED = {
    "checkout_url": f"https://checkout.stripe.com/c/pay/{SESSION_ID}",
    "session_id": SESSION_ID,
    "order_id": CANCELLED_ID,
    "payment_id": CANCELLED_PAY_ID,
}

SUCCEEDED = {
    "id": PAY_ID,
    "order_id": ORDER_ID,
    **USER,
    "flow": "payment_intent",
    "stripe_payment_intent_id": "pi_3QK",
    "checkout_session_id": None,
    "amount": 5998,
    "amount_received": 5998,
    "amount_refunded": 0,
    "currency": "usd",
    "status": "succeeded",
    "payment_method": "stripe",
    "failure_reason": None,
    "last_event_id": "evt_1QK",
    "metadata": {"campaign": "spring"},
    "created_at": "2026-11-23T16:05:00.000Z",
    "updated_at": "2026-11-23T16:06:10.250Z",
    "paid_at": "2026-11-23T16:06:09.000Z",
}
CANCELED = SUCCEEDED | {
    "id": CANCELLED_PAY_ID,
    "order_id": CANCELLED_ID,
    "flow": "checkout_session",
    "stripe_payment_intent_id": None,
    "checkout_session_id": SESSION_ID,
    "amount_received": 0,
    "status": "canceled",
    "last_event_id": None,
    "metadata": {},
    "created_at": "2026-11-23T16:10:00.000Z",
    "updated_at": "2026-11-23T16:12:30.500Z",
    "paid_at": None,
}
PAID_ORDER = {
    "id": ORDER_ID,
    "number": "4F7K-92QD",
    **USER,
    "status": "paid",
    "items": [ITEM],
    **TOTAL,
    "payments": [SUCCEEDED],
    **{name: SUCCEEDED[name] for name in ("created_at", "updated_at", "paid_at")},
}
CANCELLED_ORDER = PAID_ORDER | {
    "id": CANCELLED_ID,
    "number": "6XY3-NJ4H",
    "status": "cancelled",
    "payments": [CANCELED],
    **{name: CANCELED[name] for name in ("created_at", "updated_at", "paid_at")},
}

ANSWERS: Mapping[str, Any] = {
    "listProducts": {"data": [PRODUCT], "has_more": False},
    "getProduct": PRODUCT,
    "putCartItem": CART,
    "getCart": CART,
    "createPayment": INTENT_STARTED,
    "getPayment": SUCCEEDED,
    "getOrder": PAID_ORDER,
    "createCheckoutSession": SESSION_STARTED,
    "cancelOrder": CANCELLED_ORDER,
    "listPayments": {"data": [CANCELED, SUCCEEDED], "has_more": False},
    "listOrders": {"data": [CANCELLED_ORDER, PAID_ORDER], "has_more": False},
}
