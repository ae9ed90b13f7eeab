"""What the OpenAPI description promises is held: 500 cases of Schemathesis, always the same."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Response, request
from werkzeug import Client
from werkzeug.test import TestResponse

from tests.api.caller import Caller, unlimited_shop
from tests.api.fuzz import DESCRIPTION, Tried, fuzz, settings_for
from tests.shop import ADDRESS

NEED_A_SOCKET = {"max_redirects", "verify", "cert", "proxies"}


@pytest.fixture
def caller(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """A program at a shop in this process, to which Schemathesis can speak without a socket."""
    monkeypatch.setattr("schemathesis.python.wsgi.get_client", ShopClient)
    return Caller(unlimited_shop(sqlite_url))


def tried(caller: Caller, examples: int, only: str | None = None) -> Tried:
    """Try the whole API, or one operation of it."""
    settings = settings_for(caller.key, ADDRESS, examples=examples)
    schema = schemathesis.openapi.from_wsgi(DESCRIPTION, caller.shop.app, config=settings)
    return fuzz(schema.include(operation_id=only) if only else schema)


def test_what_the_description_promises_is_held(caller: Caller):
    """AP-15 and O1."""
    caller.put_into_cart()

    found = tried(caller, examples=5)

    assert found.problems == []
    assert found.cases >= 500
    assert found.phases == {"examples", "coverage", "fuzzing", "stateful"}
    assert {200, 201, 204, 401, 404, 405, 415, 422} <= set(found.statuses)
    assert max(found.statuses) < 500


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"response": [b'{"items": []}']}, "response_schema_conformance"),
        ({"status_code": 418}, "status_code_conformance"),
        ({"status_code": 500}, "not_a_server_error"),
    ],
    ids=str,
)
def test_a_broken_promise_is_found(caller: Caller, change: dict[str, Any], check: str):
    """The description is held against the answers, not against itself."""

    def spoil(response: Response) -> Response:
        if request.path == "/v1/cart" and response.status_code == 200:
            for name, value in change.items():
                setattr(response, name, value)
        return response

    caller.shop.app.after_request(spoil)

    found = tried(caller, examples=1, only="getCart")

    assert any(check in problem for problem in found.problems)


class ShopClient(Client):
    """Calls the shop by its address; Schemathesis' own hands a socket's options to WSGI."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Send one request."""
        kept = {name: each for name, each in options.items() if name not in NEED_A_SOCKET}
        return super().open(*args, **kept | {"base_url": ADDRESS})
