"""WS-01 and WS-02: what another site sends with our cookies is refused and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from storefront.models import Order, Product
from tests.security.dump import Dump, dump
from tests.security.routes import (
    ROUTES,
    SAFE,
    UNSAFE,
    WEBHOOK,
    Route,
    each_route,
    each_unsafe_route,
)
from tests.shop import ADDRESS, Shop, Visitor
from tests.worlds import in_world

FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": ADDRESS},
    {"Sec-Fetch-Site": "anything"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:4242"},
    {"Origin": "http://localhost:8000"},
    {"Origin": "https://127.0.0.1:8000"},
    {"Origin": f"{ADDRESS}.evil.example"},
    {"HX-Request": "true", "Origin": "https://evil.example"},
]
OURS: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "same-origin", "Origin": ADDRESS},
    {"Origin": ADDRESS},
]


def form_of(visitor: Visitor, route: Route, token: str) -> tuple[str, dict[str, Any]]:
    """Return where a route's form goes, and a form that would be taken, but for its token."""
    product = visitor.shop.one(Product, Product.slug == "washi-tape").id
    fields = {
        "product_id": product, "quantity": "1", "email": "b@example.com",
        "flow": "checkout_session", "name": "twice",
    }  # fmt: skip
    return route.path(token=token, product_id=product), fields


@each_unsafe_route
def test_another_site_is_refused_and_changes_nothing(
    shared_shop: Shop, customer: tuple[Visitor, str], route: Route
):
    visitor, token = customer
    path, fields = form_of(visitor, route, token)
    fields["csrf_token"] = visitor.csrf_token()
    before, asked = dump(shared_shop), len(shared_shop.sandbox.requests)

    for headers in FOREIGN:
        answer = visitor.client.open(path, method=route.method, data=fields, headers=headers)
        assert answer.status_code == 403, headers

    assert dump(shared_shop) == before
    assert len(shared_shop.sandbox.requests) == asked


@each_unsafe_route
def test_a_form_without_our_token_is_refused_and_changes_nothing(
    shared_shop: Shop, customer: tuple[Visitor, str], route: Route
):
    """For browsers too old to say where a form comes from."""
    visitor, token = customer
    path, fields = form_of(visitor, route, token)
    before, somebody = dump(shared_shop), shared_shop.visitor()

    for forged in (None, "", "x", somebody.csrf_token(), visitor.csrf_token()[:-2] + "xx"):
        form = fields if forged is None else {**fields, "csrf_token": forged}
        answer = visitor.client.open(path, method=route.method, data=form)
        assert answer.status_code == 403, forged

    assert dump(shared_shop) == before


@each_unsafe_route
@pytest.mark.parametrize("headers", OURS, ids=str)
def test_our_own_forms_are_taken(sqlite_shop: Shop, route: Route, headers: dict[str, str]):
    """The control: the same requests do something when they come from our own pages."""
    visitor = sqlite_shop.visitor()
    path, fields = form_of(visitor, route, visitor.buy())
    fields["csrf_token"] = visitor.csrf_token()

    answer = visitor.client.open(path, method=route.method, data=fields, headers=headers)

    assert answer.status_code == 303


def test_there_are_unsafe_routes_and_one_of_them_is_stripes():
    """The lists above come from the map: neither may silently become empty."""
    assert len(UNSAFE) >= 7
    rules = {route.rule for route in ROUTES if route.endpoint == WEBHOOK}
    assert rules == {"/v1/webhooks/stripe", "/v1/payments/webhook"}


def test_a_browser_that_sends_no_referer_can_shop_over_https(sqlite_url: str):
    with in_world("TEST", sqlite_url) as shop:
        visitor = shop.visitor()

        visitor.add()
        visitor.checkout()

        assert len(visitor.orders()) == 1


def without_notes(shop: Shop) -> Dump:
    """Return what is stored, but for what was noted of our own questions to Stripe, as in a log."""
    found = dump(shop)
    del found["gateway_calls"]
    version = list(Order.__table__.columns.keys()).index("version")
    found["orders"] = [row[:version] + row[version + 1 :] for row in found["orders"]]
    return found


@each_route
def test_a_form_sent_by_a_safe_method_changes_nothing(
    shared_shop: Shop, customer: tuple[Visitor, str], route: Route
):
    """WS-02: GET, HEAD and OPTIONS, with all that the form would hold in the query."""
    visitor, token = customer
    path, fields = form_of(visitor, route, token)
    fields["csrf_token"] = visitor.csrf_token()
    before, tables = without_notes(shared_shop), shared_shop.sandbox.state.copy().tables

    for method in sorted(SAFE):
        visitor.client.open(path, method=method, query_string=fields)

    assert without_notes(shared_shop) == before
    assert shared_shop.sandbox.state.tables == tables


def test_no_page_links_to_something_that_acts(customer: tuple[Visitor, str]):
    """WS-02: every form that acts is a POST with a token."""
    visitor, token = customer
    paths = ["/", "/products/paper-shears", "/cart", "/checkout", f"/orders/{token}"]

    for path in [*paths, f"/orders/{token}/pay"]:
        page = visitor.get(path).text
        assert page.count('method="post"') == page.count('name="csrf_token"')
        assert page.count("<form") - page.count('id="payment-form"') == page.count('method="post"')
