"""A program that calls the API with a key of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from limits import parse_many
from werkzeug.test import TestResponse

from storefront.api_keys import create_key
from storefront.callers import user_named
from storefront.models import Product
from storefront.scopes import Scope
from tests.shop import Shop, demo_settings

UNLIMITED = tuple(parse_many("1000000 per second"))
ALL_SCOPES = tuple(Scope)


class Caller:
    """One user's program; `scopes` are what its key may do."""

    def __init__(self, shop: Shop, user: str = "alice", scopes: Iterable[str] = ALL_SCOPES) -> None:
        self.shop = shop
        with shop.app.app_context():
            self.user_id = user_named(user)
            self.key = create_key(self.user_id, name="a test", scopes=scopes)

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Send one request, its body as JSON unless it is bytes already.

        `Idempotency_Key="k"` is the header of that name.
        """
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        known = {"Authorization": f"Bearer {self.key}", **given}
        body = {"data": json} if isinstance(json, bytes) else {"json": json}
        if json is None:
            body = {}
        return self.shop.app.test_client().open(path, method=method, headers=known, **body)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Read something."""
        return self.call("GET", path, **headers)

    def post(self, path: str, json: Any = None, **headers: str) -> TestResponse:
        """Do something."""
        return self.call("POST", path, json, **headers)

    def put_into_cart(self, slug: str = "paper-shears", quantity: int = 1) -> TestResponse:
        """Choose how many of a product there shall be in the cart."""
        product = self.shop.one(Product, Product.slug == slug)
        return self.call("PUT", f"/v1/cart/items/{product.id}", {"quantity": quantity})

    def pay(self, **fields: Any) -> TestResponse:
        """Place an order of the cart and start to pay it with a PaymentIntent."""
        return self.post(
            "/v1/payments", {"source_type": "cart", "payment_method": "stripe"} | fields
        )


def unlimited_shop(database_url: str) -> Shop:
    """Return a shop that counts no calls."""
    api = replace(
        demo_settings(database_url, "whsec_unused").api,
        caller_limits=UNLIMITED,
        address_limits=UNLIMITED,
        payment_limits=UNLIMITED,
        payment_address_limits=UNLIMITED,
    )
    return Shop(database_url, api=api)
