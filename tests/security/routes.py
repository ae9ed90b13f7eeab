"""The shop's routes as its own map has them, so that a new one is tested before anybody asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from storefront import create_app
from tests.shop import demo_settings

# A new kind of argument needs a sample here. The token is filled in by the tests that need one.
SAMPLES = {
    "filename": "shop.css", "slug": "paper-shears", "product_id": "prod_1", "token": "o_1",
    "order_id": "order_1", "payment_id": "pay_1", "flow": "payment_intent",
}  # fmt: skip
SAFE = {"GET", "HEAD", "OPTIONS"}
WEBHOOK = "webhooks.stripe"


@dataclass(frozen=True)
class Route:
    """One rule of the map under one of its methods."""

    endpoint: str
    method: str
    rule: str
    arguments: frozenset[str]

    def path(self, **known: str) -> str:
        """Return an address that this route answers."""
        path = self.rule
        for name in self.arguments:
            value = known.get(name, SAMPLES[name])
            path = re.sub(rf"<(\w+:)?{name}>", value, path)
        return path

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def all_routes() -> list[Route]:
    """Return every route of the shop, one for each of its own methods."""
    app = create_app(demo_settings("postgresql://nobody@127.0.0.1:1/none", "whsec_unused"))
    return [
        Route(rule.endpoint, method, rule.rule, frozenset(rule.arguments))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


ROUTES = all_routes()
OF_PROGRAMS = [route for route in ROUTES if route.rule.startswith("/v1/")]
# What a browser may send with its cookies; programs send none, and theirs mean nothing.
UNSAFE = [each for each in ROUTES if each.method not in SAFE and each not in OF_PROGRAMS]
# Where Stripe is the real one, nobody answers these.
OF_THE_PANEL = [route for route in ROUTES if route.endpoint.startswith("scenarios.")]
OF_AN_ORDER = [route for route in ROUTES if "token" in route.arguments]

each_route = pytest.mark.parametrize("route", ROUTES, ids=str)
each_unsafe_route = pytest.mark.parametrize("route", UNSAFE, ids=str)
each_route_of_an_order = pytest.mark.parametrize("route", OF_AN_ORDER, ids=str)
