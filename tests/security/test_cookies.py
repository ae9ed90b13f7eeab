"""WS-11: every cookie that the shop sets, by every name and flag."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie

import pytest
from werkzeug.test import TestResponse

from tests.security.routes import ROUTES
from tests.shop import Shop, Visitor
from tests.worlds import in_world

LARGEST_COOKIE = 4096


def cookies(response: TestResponse) -> list[Morsel[str]]:
    parsed = [SimpleCookie(header) for header in response.headers.getlist("Set-Cookie")]
    return [morsel for cookie in parsed for morsel in cookie.values()]


def walk(visitor: Visitor) -> list[TestResponse]:
    """Shop, order, look around, and come to nothing; returns every answer."""
    answers = [visitor.get("/"), visitor.get("/products/paper-shears"), visitor.add()]
    answers += [visitor.checkout(), visitor.get("/cart"), visitor.get("/checkout")]
    [order] = visitor.orders()
    pages = [f"/orders/{order.token}{end}" for end in ("", "/status", "/pay")]
    answers += [visitor.get(path) for path in [*pages, f"/return?order={order.token}"]]
    answers += [visitor.post(f"/orders/{order.token}/{end}") for end in ("cancel", "cancel")]
    return [*answers, visitor.get("/cart"), visitor.get("/nowhere")]


def test_over_https_the_one_cookie_is_bound_to_this_host(sqlite_url: str):
    with in_world("TEST", sqlite_url) as shop:
        found = [cookie for answer in walk(shop.visitor()) for cookie in cookies(answer)]

    assert {cookie.key for cookie in found} == {"__Host-store"}
    for cookie in found:
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert len(cookie.OutputString()) < LARGEST_COOKIE


def test_on_this_machine_it_has_no_prefix_and_works_without_tls(sqlite_shop: Shop):
    found = [cookie for answer in walk(sqlite_shop.visitor()) for cookie in cookies(answer)]

    assert {cookie.key for cookie in found} == {"store"}
    for cookie in found:
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


@pytest.mark.parametrize(
    "path",
    ["/static/shop.css", "/static/nowhere", "/v1/nowhere", "/v1/webhooks/stripe", "/healthz",
     "/readyz", "/nowhere"],
)  # fmt: skip
def test_files_machines_and_errors_get_none(sqlite_shop: Shop, path: str):
    """Not even with a message waiting in the session to be shown."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    for _ in range(2):
        visitor.post(f"/orders/{token}/cancel")

    answers = [visitor.get(path), visitor.client.post(path), sqlite_shop.visitor().get(path)]

    assert [cookies(answer) for answer in answers] == [[], [], []]
    assert "can’t be cancelled any more" in visitor.get("/cart").text


def test_looking_around_sets_none(sqlite_shop: Shop):
    """A visitor who only looks isn't known to anybody."""
    visitor = sqlite_shop.visitor()

    for path in ("/", "/cart", "/orders/o_1", "/return?order=o_1"):
        assert cookies(visitor.get(path)) == []


def test_the_cookie_means_nothing_to_the_api(sqlite_shop: Shop):
    """AP-21."""
    visitor = sqlite_shop.visitor()
    visitor.buy()

    for route in ROUTES:
        if route.rule.startswith("/v1/"):
            answer = visitor.client.open(route.path(), method=route.method)
            assert "Cookie" not in answer.headers.get("Vary", "")
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("forged", ["", "x", "eyJ2aXNpdG9yIjoidmlzXzEifQ.aa.bb", "é", "a" * 3000])
def test_a_forged_cookie_is_nobodys(sqlite_shop: Shop, forged: str):
    """WS-14."""
    token = sqlite_shop.visitor().buy()
    stranger = sqlite_shop.visitor()
    stranger.client.set_cookie("store", forged, domain="127.0.0.1")

    assert stranger.get("/cart").status_code == 200
    assert stranger.get(f"/orders/{token}").status_code == 404
