"""A database that can't be written to, or goes away: 503, and the shop is whole afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, make_url, text
from werkzeug.test import TestResponse

from storefront.db import db, reading
from tests.shop import Shop, Visitor
from tests.webhooks.test_delivery import UNKNOWN_EVENT


def make_read_only(shop: Shop) -> None:
    """Let every new connection refuse to write, as a standby or a full quota does."""
    with shop.app.app_context():
        engine = db.engine
        statement = (
            "PRAGMA query_only=ON"
            if engine.dialect.name == "sqlite"
            else "SET default_transaction_read_only = on; COMMIT"
        )
        event.listen(engine, "connect", lambda raw, _: raw.cursor().execute(statement))
        engine.dispose()


def assert_postponed(response: TestResponse) -> None:
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_a_database_that_turns_read_only_still_shows_what_it_holds(shop: Shop, visitor: Visitor):
    """CR-11."""
    token = visitor.buy()
    make_read_only(shop)

    for path in ("/", "/products/steel-rule", "/cart", f"/orders/{token}"):
        assert visitor.get(path).status_code == 200
    assert_postponed(visitor.add())
    assert_postponed(shop.sign_and_post(UNKNOWN_EVENT))


def test_a_connection_that_is_cut_is_a_503_and_the_next_request_is_served(postgres_shop: Shop):
    """CR-14."""
    views, visitor = postgres_shop.app.view_functions, postgres_shop.visitor()
    index = views["catalog.index"]

    def cut() -> str:
        with reading() as session:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return ""

    views["catalog.index"] = cut
    assert_postponed(visitor.get("/"))
    views["catalog.index"] = index
    assert visitor.get("/").status_code == 200


def test_a_page_whose_connection_was_cut_while_idle_asks_another_one(postgres_shop: Shop):
    """CR-14, where SQLAlchemy isn't asked first."""
    visitor = postgres_shop.visitor()
    visitor.get("/")
    url = make_url(postgres_shop.settings.database_url).set(drivername="postgresql")
    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"

    with psycopg.connect(url.render_as_string()) as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}")

    assert visitor.get("/").status_code == 200


def test_a_database_that_is_away_is_a_503_on_every_page(tmp_path: Path):
    visitor = Shop(f"postgresql+psycopg://postgres@/shop?host={tmp_path}").visitor()

    for path in ("/", "/products/steel-rule", "/cart", "/orders/unknown/status"):
        assert_postponed(visitor.get(path))


def test_the_worker_waits_for_it(
    shop: Shop, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """CR-11: what expires meanwhile is expired later."""
    visitor.buy()
    shop.now += 2 * 3600
    make_read_only(shop)
    monkeypatch.setattr("time.sleep", lambda _: sys.exit())

    shop.app.test_cli_runner().invoke(args=["work", "--every", "1"], catch_exceptions=False)

    assert "work=postponed" in caplog.text


@pytest.mark.parametrize("statement", ["SELECT 1 / 0", "SELECT * FROM nowhere"])
def test_a_mistake_of_ours_stays_a_500(postgres_shop: Shop, statement: str):
    def wrong() -> str:
        with reading() as session:
            session.execute(text(statement))
        return ""

    postgres_shop.app.view_functions["catalog.index"] = wrong

    assert postgres_shop.visitor().get("/").status_code == 500
