"""Every route of the API for every kind of caller, generated from the application's own map."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from storefront.models import Product
from storefront.scopes import Scope
from tests.api.caller import ALL_SCOPES, Caller
from tests.security.dump import Dump, dump
from tests.security.routes import OF_PROGRAMS, Route
from tests.shop import Shop


@dataclass(frozen=True)
class Decision:
    """Who may call a route: whoever has `scope`, and for `is_somebodys` only its owner."""

    scope: Scope | None
    is_somebodys: bool = False
    body: Mapping[str, Any] | None = None


ORDER = {"source_type": "order", "source_id": "{order_id}"}
AWAY = {"success_url": "http://127.0.0.1:8000/", "cancel_url": "http://127.0.0.1:8000/"}
# A new route needs its decision here, or in the next table.
DECISIONS = {
    "GET /v1/products": Decision(None),
    "GET /v1/products/{product_id}": Decision(None),
    "GET /v1/cart": Decision(Scope.CART_READ),
    "DELETE /v1/cart": Decision(Scope.CART_WRITE),
    "PUT /v1/cart/items/{product_id}": Decision(Scope.CART_WRITE, body={"quantity": 1}),
    "GET /v1/orders": Decision(Scope.ORDERS_READ),
    "GET /v1/orders/{order_id}": Decision(Scope.ORDERS_READ, is_somebodys=True),
    "POST /v1/orders/{order_id}:cancel": Decision(Scope.ORDERS_WRITE, is_somebodys=True),
    "GET /v1/payments": Decision(Scope.PAYMENTS_READ),
    "GET /v1/payments/{payment_id}": Decision(Scope.PAYMENTS_READ, is_somebodys=True),
    "POST /v1/payments": Decision(Scope.PAYMENTS_WRITE, is_somebodys=True, body=ORDER),
    "POST /v1/payments:createCheckoutSession": Decision(
        Scope.PAYMENTS_WRITE, is_somebodys=True, body=ORDER | AWAY
    ),
}
# Stripe signs what it sends; the rest says nothing of anybody.
FOR_EVERYBODY = {
    "POST /v1/webhooks/stripe",
    "POST /v1/payments/webhook",
    "GET /v1/openapi.json",
    "GET /v1/docs",
}


def name_of(route: Route) -> str:
    return f"{route.method} " + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule)


each_route = pytest.mark.parametrize("name", sorted(DECISIONS))
each_scoped_route = pytest.mark.parametrize(
    "name", sorted(name for name, decision in DECISIONS.items() if decision.scope)
)
each_thing_of_somebodys = pytest.mark.parametrize(
    "name", sorted(name for name, decision in DECISIONS.items() if decision.is_somebodys)
)


@dataclass(frozen=True)
class Things:
    """An owner, and the names of what they have."""

    owner: Caller
    known: Mapping[str, str]

    def ask(self, caller: Caller, name: str, **changes: str) -> TestResponse:
        """Send what the owner would send; `changes` are other names of things."""
        known = {**self.known, **changes}
        method, path = name.split()
        body = DECISIONS[name].body
        filled = {key: known.get(str(value)[1:-1], value) for key, value in (body or {}).items()}
        return caller.call(method, path.format(**known), filled if body else None)


def things_of(owner: Caller) -> Things:
    """Fill the owner's cart and start to pay for it."""
    owner.put_into_cart()
    started = owner.pay().json
    product = owner.shop.one(Product, Product.slug == "paper-shears")
    known = {"order_id": started["order_id"], "payment_id": started["payment_id"]}
    return Things(owner, known | {"product_id": product.id})


@pytest.fixture(scope="module")
def things(quiet_shop: Shop) -> Things:
    """What everybody else is kept away from."""
    return things_of(Caller(quiet_shop, "owner"))


def stored(shop: Shop) -> Dump:
    """Return everything that matters: not when a key was last used."""
    return {name: rows for name, rows in dump(shop).items() if name != "api_keys"}


def told(answer: TestResponse) -> tuple[int, Any]:
    """Return what an answer says, without its name and moment."""
    return answer.status_code, (answer.json or {}).get("error")


def test_every_route_is_decided_upon():
    routes = {name_of(route) for route in OF_PROGRAMS}

    assert routes == DECISIONS.keys() | FOR_EVERYBODY


def nobodies(owner: Caller) -> Iterator[dict[str, str]]:
    """Yield the headers of those who aren't known: without a key, with a made-up one, a shopper."""
    yield {}
    forged = owner.key[:-1] + ("1" if owner.key.endswith("0") else "0")
    for credentials in (forged, f"{owner.key}!", "fsk_", "eyJhbGciOiJub25lIn0.e30."):
        yield {"Authorization": f"Bearer {credentials}"}
    yield {"Authorization": f"Basic {owner.key}"}
    shopper = owner.shop.visitor()
    shopper.buy()
    cookies = "; ".join(f"{each.key}={each.value}" for each in shopper.client._cookies.values())
    assert cookies
    yield {"Cookie": cookies}


@each_route
def test_nobody_comes_in(things: Things, name: str):
    """AP-01 and AP-21."""
    strangers = list(nobodies(things.owner))
    before = stored(things.owner.shop)
    method, path = name.split()

    for headers in strangers:
        client = things.owner.shop.app.test_client()
        answer = client.open(path.format(**things.known), method=method, headers=headers)
        assert told(answer)[0] == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "Set-Cookie" not in answer.headers

    assert stored(things.owner.shop) == before


@each_scoped_route
def test_a_key_without_the_scope_opens_nothing_with_it(things: Things, name: str):
    scope = DECISIONS[name].scope
    shop = things.owner.shop
    others = Caller(shop, "owner", scopes=[each for each in ALL_SCOPES if each != scope])
    before = stored(shop)

    answer = things.ask(others, name)

    assert answer.status_code == 403
    assert answer.json["error"]["details"] == {"scope": scope}
    assert stored(shop) == before


@each_thing_of_somebodys
def test_somebody_elses_thing_is_as_absent_as_one_that_never_was(things: Things, name: str):
    """AP-06 and AP-07."""
    shop = things.owner.shop
    other = Caller(shop, "other")
    before, asked = stored(shop), len(shop.sandbox.requests)

    found = told(things.ask(other, name))
    missing = things.ask(other, name, order_id="order_0", payment_id="pay_0")

    assert found[0] == 404
    assert found == told(missing)
    assert stored(shop) == before
    assert len(shop.sandbox.requests) == asked


def test_lists_show_nobody_elses_things(things: Things):
    other = Caller(things.owner.shop, "other")

    for name in ("GET /v1/orders", "GET /v1/payments"):
        assert len(things.ask(things.owner, name).json["data"]) == 1
        assert things.ask(other, name).json["data"] == []
    assert things.ask(other, "GET /v1/cart").json["items"] == []


@each_route
def test_the_owner_comes_in(alice: Caller, name: str):
    answer = things_of(alice).ask(alice, name)

    assert answer.status_code in {200, 201, 204}
    assert "Set-Cookie" not in answer.headers
    assert ("client_secret" in answer.text) == (name == "POST /v1/payments")


def test_any_key_sees_what_is_for_sale(things: Things):
    reader = Caller(things.owner.shop, "reader", scopes=[])

    assert things.ask(reader, "GET /v1/products").status_code == 200
