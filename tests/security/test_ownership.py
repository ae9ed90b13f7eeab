"""A1: an order is its visitor's alone; for anybody else it never was."""

from __future__ import annotations

import re

import pytest

from storefront.models import Order
from tests.security.dump import dump
from tests.security.routes import OF_AN_ORDER, Route, each_route_of_an_order
from tests.shop import ADDRESS, Shop, Visitor

SECRET = "pi_1_secret_very"
FORGED = f"redirect_status=succeeded&payment_intent=pi_1&payment_intent_client_secret={SECRET}"


@pytest.fixture(scope="module")
def strangers(shared_shop: Shop) -> list[Visitor]:
    """Somebody without a cookie, and somebody with an order of their own."""
    known = shared_shop.visitor()
    known.buy()
    return [shared_shop.visitor(), known]


def send(visitor: Visitor, route: Route, token: str) -> tuple[int, str]:
    path = route.path(token=token)
    answer = visitor.get(path) if route.method == "GET" else visitor.post(path)
    return answer.status_code, answer.text


@each_route_of_an_order
def test_somebody_elses_order_is_as_absent_as_one_that_never_was(
    customer: tuple[Visitor, str], strangers: list[Visitor], route: Route
):
    visitor, token = customer
    before = dump(visitor.shop)

    for stranger in strangers:
        found = send(stranger, route, token)
        assert found[0] == 404
        assert found == send(stranger, route, "o_never")

    assert dump(visitor.shop) == before


def test_there_are_routes_of_an_order():
    assert len(OF_AN_ORDER) >= 6


@pytest.mark.parametrize("column", ["id", "number", "token"])
def test_only_the_whole_token_finds_an_order(shared_shop: Shop, column: str):
    visitor = shared_shop.visitor()
    order = shared_shop.order(visitor.buy())
    name = str(getattr(order, column))

    for guess in (name[:-1], name.swapcase(), name + "a", f"%{name[1:]}", f"{name}%20"):
        assert visitor.get(f"/orders/{guess}").status_code == 404
    assert visitor.get(f"/orders/{name}").status_code == (200 if column == "token" else 404)


def test_tokens_and_ids_cannot_be_guessed(sqlite_shop: Shop):
    """AP-06: 128 bits from the system's own randomness, in 22 letters."""
    visitors = [sqlite_shop.visitor() for _ in range(3)]
    for visitor in visitors:
        visitor.buy()

    orders = sqlite_shop.all(Order)

    names = [name for order in orders for name in (order.id, order.token, order.cart_id)]
    assert all(re.fullmatch(r"[a-z]+_[0-9A-Za-z]{22,}", name) for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "query",
    ["", "order=", "order=o_never", "order=%2F%2Fevil.example", "order=../../checkout",
     "order=a%0D%0ALocation:%20https://evil.example", "order=o_1&order=o_2", "order=%F0%28"],
)  # fmt: skip
def test_the_way_back_never_renders_and_never_leaves_the_shop(shared_shop: Shop, query: str):
    """SH-15 and WS-19: a secret in the address goes no further than this answer."""
    answer = shared_shop.visitor().get(f"/return?{query}&{FORGED}")

    assert answer.status_code == 303
    assert re.fullmatch(r"/orders/[^/?#]+", answer.location)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert SECRET not in answer.text + str(answer.headers)


def test_the_way_back_of_somebody_elses_order_asks_and_changes_nothing(sqlite_shop: Shop):
    """SH-15."""
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token)
    stranger = sqlite_shop.visitor()
    before, asked = dump(sqlite_shop), len(sqlite_shop.sandbox.requests)

    answer = stranger.get(f"/return?order={token}&{FORGED}")

    assert stranger.get(answer.location).status_code == 404
    assert dump(sqlite_shop) == before
    assert len(sqlite_shop.sandbox.requests) == asked


def test_the_way_back_leads_to_a_clean_address(sqlite_shop: Shop):
    """WS-19."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    answer = visitor.get(f"/return?order={token}&{FORGED}")

    assert (answer.status_code, answer.location) == (303, f"/orders/{token}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert SECRET not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:8000@evil"])
@pytest.mark.parametrize("path", ["/", "/cart", "/nowhere", "/v1/webhooks/stripe", "/healthz"])
def test_only_its_own_hosts_are_served(shared_shop: Shop, host: str, path: str):
    answer = shared_shop.visitor().client.get(path, headers={"Host": host})

    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_addresses_given_to_stripe_come_from_the_settings(sqlite_shop: Shop):
    """Never from the request: a forwarded host that nobody vouches for is not looked at."""
    visitor = sqlite_shop.visitor()
    visitor.add()
    form = {"csrf_token": visitor.csrf_token(), "email": "a@example.com"}
    spoofed = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}

    visitor.client.post("/checkout", data={**form, "flow": "checkout_session"}, headers=spoofed)

    [session] = sqlite_shop.at_stripe("checkout.session")
    assert session["success_url"].startswith(f"{ADDRESS}/return?order=")
    assert session["cancel_url"].startswith(f"{ADDRESS}/orders/")
