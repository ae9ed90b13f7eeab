"""The API's door with the least behind it: views that only say who came in.

What is shown here holds for every view, since all of them stand behind the same door.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self

from flask import Blueprint, Response, jsonify, session
from sqlalchemy import event
from werkzeug.test import TestResponse

from storefront.api_keys import create_key
from storefront.callers import user_named
from storefront.db import db
from storefront.views.api import surround
from storefront.views.api.access import caller, requires
from storefront.views.limits import begins_payment
from storefront.views.security import csrf
from tests.shop import Shop


class Door:
    """A shop with such views, and the ways to knock."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        csrf.exempt(views := probe())
        shop.app.register_blueprint(views)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shop.__exit__(None, None, None)

    def key(
        self, user: str = "alice", scopes: Iterable[str] = (), lifetime: timedelta | None = None
    ) -> str:
        """Make an API key."""
        with self.shop.app.app_context():
            return create_key(user_named(user), name="a test", scopes=scopes, lifetime=lifetime)

    def knock(
        self, credentials: str | None = None, path: str = "/v1/probe", **options: Any
    ) -> TestResponse:
        """Call with a bearer's credentials."""
        headers = [("Authorization", f"Bearer {credentials}")] if credentials is not None else []
        return self.knock_with([*headers, *options.pop("headers", [])], path, **options)

    def knock_with(
        self, headers: list[tuple[str, str]], path: str = "/v1/probe", **options: Any
    ) -> TestResponse:
        """Call with these headers."""
        options.setdefault("method", "GET")
        # Buffered: as with a server, the answer has been sent when the next line is reached.
        client = self.shop.app.test_client()
        return client.open(path, headers=headers, buffered=True, **options)

    def who(self, credentials: str) -> str:
        """Return the user that the credentials belong to."""
        answer = self.knock(credentials)
        assert answer.status_code == 200, answer.text
        assert answer.json
        return str(answer.json["user"])

    @contextmanager
    def queries(self) -> Any:
        """Collect the statements that reach the database."""
        found: list[str] = []

        def note(_: object, __: object, statement: str, *___: object) -> None:
            if not statement.startswith("BEGIN"):
                found.append(statement)

        with self.shop.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        yield found
        event.remove(engine, "before_cursor_execute", note)


def probe() -> Blueprint:
    """Return the views."""
    bp = Blueprint("probe", __name__, url_prefix="/v1/probe")
    surround(bp)

    @bp.get("")
    @requires(None)
    def anybody() -> Response:
        return jsonify(caller=caller().id, user=caller().user_id, scopes=sorted(caller().scopes))

    @bp.get("/orders")
    @requires("orders:read")
    def orders() -> Response:
        return jsonify(orders=[])

    @bp.post("/payments")
    @requires(None)
    @begins_payment
    def payments() -> Response:
        return jsonify(paid=True)

    @bp.get("/undecided")
    def undecided() -> Response:
        return jsonify(secret=True)

    @bp.get("/session")
    @requires(None)
    def reads_cookies() -> Response:
        return jsonify(session=dict(session))

    return bp
