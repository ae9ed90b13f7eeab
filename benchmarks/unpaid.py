"""Orders that wait for their money, made directly in the database, and the events that pay them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import transaction
from storefront.ids import new_id
from storefront.models import Cart, LineItem, Order, Payment, Product
from storefront.models.shop import new_order_number
from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.resources import payment_intents

AMOUNT = 4200


@transaction
def make_orders(session: Session, count: int) -> list[dict[str, str]]:
    """Make so many pending orders, each with an attempt; returns their metadata and intent."""
    product = session.scalars(select(Product.id)).first()
    rows = [_rows(product) for _ in range(count)]
    for table in (Cart, Order, LineItem, Payment):
        session.execute(insert(table), [each[table] for each in rows])
    return [
        {
            "order_id": each[Order]["id"],
            "payment_id": each[Payment]["id"],
            "payment_intent_id": each[Payment]["payment_intent_id"],
        }
        for each in rows
    ]


def events_that_pay(orders: list[dict[str, str]]) -> Iterator[bytes]:
    """Yield, for each order, `payment_intent.succeeded` as the sandbox sends it."""
    template = _event()
    for order in orders:
        found = template["data"]["object"]
        secret = f"{order['payment_intent_id']}_secret_{new_id('x')}"
        found |= {"id": order["payment_intent_id"], "client_secret": secret}
        found["metadata"] = {
            "store_id": "storefront",
            "order_id": order["order_id"],
            "payment_id": order["payment_id"],
        }
        template["id"] = new_id("evt")
        yield json.dumps(template).encode()


def _event() -> dict[str, Any]:
    """Return the event of a payment that succeeded at the sandbox, whole."""
    sandbox = sandbox_of(create_sandbox(seed=1, send=lambda *_: 200))
    intent = payment_intents.make(sandbox, {"amount": AMOUNT, "currency": "usd"})
    payment_intents.confirm(
        sandbox, intent["id"], payment_method="pm_card_visa", return_url="http://127.0.0.1/"
    )
    events = sandbox.newest_first("event")
    found = next(each for each in events if each["type"] == "payment_intent.succeeded")
    whole: dict[str, Any] = json.loads(json.dumps(found))
    return whole


def _rows(product: str | None) -> dict[type, dict[str, Any]]:
    now, owner = clock.now(), new_id("vis")
    cart = {"id": new_id("cart"), "owner": owner, "currency": "usd", "status": "ordered",
            "created_at": now}  # fmt: skip
    order = {
        "id": new_id("order"), "number": new_order_number(), "token": new_id("o"),
        "cart_id": cart["id"], "owner": owner, "email": "a@example.com", "locale": "en",
        "currency": "usd", "amount_total": AMOUNT, "created_at": now,
        "expires_at": now + timedelta(hours=1),
    }  # fmt: skip
    line = {
        "order_id": order["id"], "product_id": product, "name": "Paper shears",
        "image": "paper-shears.webp", "unit_amount": AMOUNT, "quantity": 1, "amount": AMOUNT,
    }  # fmt: skip
    payment = {
        "id": new_id("pay"), "order_id": order["id"], "owner": owner, "attempt": 1,
        "flow": "payment_intent", "payment_intent_id": new_id("pi"), "amount": AMOUNT,
        "currency": "usd", "created_at": now, "updated_at": now,
    }  # fmt: skip
    return {Cart: cart, Order: order, LineItem: line, Payment: payment}
