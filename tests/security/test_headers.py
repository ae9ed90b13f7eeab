"""WS-05 and WS-06: the headers on every route, whatever it answers, in every world."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import abort, redirect
from werkzeug.test import TestResponse

from storefront.db import DatabaseBusy
from storefront.views.api.access import requires
from tests.api.caller import Caller
from tests.api.conftest import api_settings
from tests.security.contract import expected, parsed_policy
from tests.security.routes import OF_PROGRAMS, OF_THE_PANEL, ROUTES, Route, each_route
from tests.shop import Shop, Visitor
from tests.worlds import WORLDS, in_world

open_to_all = requires(None)
POWERFUL = ("camera", "microphone", "geolocation", "usb", "serial", "display-capture")


@pytest.fixture(scope="module", params=WORLDS)
def shop_in_a_world(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Shop]]:
    """A shop in each world, shared by this module: its database means nothing here."""
    path = tmp_path_factory.mktemp("world") / "shop.db"
    shutil.copy(sqlite_template, path)
    with in_world(request.param, f"sqlite:///{path}", **api_settings()) as shop:
        yield request.param, shop


@pytest.fixture
def in_its_world(shop_in_a_world: tuple[str, Shop]) -> Iterator[tuple[str, Shop]]:
    """The same, its views put back afterwards."""
    _, shop = shop_in_a_world
    views = dict(shop.app.view_functions)
    yield shop_in_a_world
    shop.app.view_functions.update(views)


def broken() -> None:
    raise ZeroDivisionError


def busy() -> None:
    raise DatabaseBusy("Somebody else writes.")


ANSWERS: dict[int, Callable[[], object]] = {
    200: lambda: "",
    303: lambda: redirect("/", code=303),
    400: lambda: abort(400),
    403: lambda: abort(403),
    404: lambda: abort(404),
    405: lambda: abort(405),
    413: lambda: abort(413),
    429: lambda: abort(429),
    500: broken,
    503: busy,
}


@each_route
def test_every_answer_of_every_route_carries_them(in_its_world: tuple[str, Shop], route: Route):
    world, shop = in_its_world
    visitor = shop.visitor()
    csrf_token = visitor.csrf_token()
    is_there = world == "SANDBOX" or route not in OF_THE_PANEL

    for status, answer in (ANSWERS if is_there else {404: ANSWERS[404]}).items():
        shop.app.view_functions[route.endpoint] = open_to_all(lambda _=answer, **__: _())
        response = sent(visitor, route, csrf_token)
        assert response.status_code == status
        check(response, route.endpoint if is_there else None, world)


def sent(visitor: Visitor, route: Route, csrf_token: str) -> TestResponse:
    form = None if route.method == "GET" else {"csrf_token": csrf_token}
    key = Caller(visitor.shop).key if route in OF_PROGRAMS else ""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return visitor.client.open(route.path(), method=route.method, data=form, headers=headers)


def check(response: TestResponse, endpoint: str | None, world: str) -> None:
    contract = expected(endpoint, world=world, is_json=response.mimetype == "application/json")
    found = {name: response.headers.get(name) for name in contract.headers}
    assert found == contract.headers
    assert parsed_policy(response.headers["Content-Security-Policy"]) == contract.policy
    permissions = response.headers["Permissions-Policy"]
    assert f"payment={contract.payment}" in permissions
    assert all(f"{feature}=()" in permissions for feature in POWERFUL)
    assert all(len(response.headers.getlist(name)) <= 1 for name in contract.headers)


@each_route
def test_answers_that_no_view_gives_carry_them(in_its_world: tuple[str, Shop], route: Route):
    """405 from the router, 403 from the cross-site check, 413 from a form that is too large."""
    world, shop = in_its_world
    client = shop.visitor().client

    check(client.open(route.path(), method="TRACE"), None, world)
    check(client.open(route.path(), method="OPTIONS"), route.endpoint, world)
    if route.method == "POST":
        large = client.post(route.path(), data={"x": "y" * 600_000})
        foreign = client.post(route.path(), headers={"Sec-Fetch-Site": "cross-site"})
        assert large.status_code in {400, 401, 413}
        check(large, route.endpoint, world)
        check(foreign, route.endpoint, world)


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1/nowhere", "/static/nowhere", "/orders/", "/static/../wsgi.py"]
)
def test_paths_that_nobody_answers_carry_them(in_its_world: tuple[str, Shop], path: str):
    world, shop = in_its_world

    response = shop.visitor().get(path)

    assert response.status_code == 404
    check(response, None, world)


def test_the_live_policies_never_name_the_sandbox_and_the_sandboxs_never_stripe(
    in_its_world: tuple[str, Shop],
):
    """WS-26."""
    world, shop = in_its_world
    visitor = shop.visitor()
    csrf_token = visitor.csrf_token()

    for route in ROUTES:
        shop.app.view_functions[route.endpoint] = open_to_all(lambda **_: "")
        policies = str(sent(visitor, route, csrf_token).headers)
        assert ("localhost" in policies or "4242" in policies) <= (world == "SANDBOX")
        assert ("stripe.com" in policies) <= (world != "SANDBOX")


def test_private_answers_are_kept_by_nobody(sqlite_shop: Shop):
    """WS-15."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    paths = ["/cart", "/checkout", *(f"/orders/{token}{end}" for end in ("", "/status", "/pay"))]

    for path in [*paths, f"/return?order={token}"]:
        headers = visitor.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/nowhere", "/nowhere"])
def test_answers_to_nobody_in_particular_are_kept_by_nobody_either(sqlite_shop: Shop, path: str):
    assert sqlite_shop.visitor().get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/products/paper-shears"])
def test_the_catalogue_is_asked_for_again_and_shared_with_nobody(sqlite_shop: Shop, path: str):
    headers = sqlite_shop.visitor().get(path).headers

    assert headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in headers["Vary"]


def test_a_file_is_kept_for_ever_only_under_an_address_that_changes_with_it(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    [hashed] = [
        part.split('"')[0]
        for part in visitor.get("/").text.split('href="')
        if part.startswith("/static/shop.css?v=")
    ]

    assert visitor.get(hashed).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("/static/shop.css", "/static/nowhere?v=1"):
        assert "immutable" not in visitor.get(path).headers["Cache-Control"]
