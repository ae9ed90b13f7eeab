"""The two ways into the database, what is refused in them, and how SQLite is set up."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext, suppress

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from storefront import connections
from storefront.connections import is_wal_safe
from storefront.db import (
    LostRace,
    db,
    end_reading,
    is_in_transaction,
    reading,
    transaction,
    writing,
)
from storefront.gateway import gateway
from storefront.lifecycle import Flow
from storefront.models import Price, Product
from tests.shop import Shop

database = importlib.import_module("storefront.db")  # the package calls its SQLAlchemy `db`
A_STOCK = select(Product.stock).where(Product.slug == "paper-shears")
TAKE_ONE = update(Product).where(Product.slug == "paper-shears").values(stock=Product.stock - 1)


@pytest.fixture
def app(shop: Shop) -> Iterator[Flask]:
    """The application, with its context pushed."""
    with shop.app.app_context():
        yield shop.app


@pytest.fixture
def sqlite_app(sqlite_shop: Shop) -> Iterator[Flask]:
    """The same on SQLite alone."""
    with sqlite_shop.app.app_context():
        yield sqlite_shop.app


def stock() -> int:
    with reading() as session:
        return session.scalars(A_STOCK).one()


@pytest.mark.parametrize("way_in", [reading, writing])
def test_stripe_is_not_called_inside_a_transaction(shop: Shop, way_in: object) -> None:
    """ST-13: neither in one that writes nor in one that reads."""
    token = shop.visitor().buy()
    intent = shop.payments(token)[0].payment_intent_id or ""
    with shop.app.app_context():
        enter = reading if way_in is reading else writing
        with enter() as session:
            session.scalars(A_STOCK).one()
            assert is_in_transaction()
            with pytest.raises(RuntimeError, match="transaction is open"):
                gateway().retrieve(Flow.PAYMENT_INTENT, intent)
        assert not is_in_transaction()
        assert gateway().retrieve(Flow.PAYMENT_INTENT, intent).snapshot.payment_intent_id == intent


def test_what_was_read_stays_usable_and_opens_nothing(app: Flask) -> None:
    with reading() as session:
        product = session.scalars(select(Product).where(Product.slug == "paper-shears")).one()

    assert product.stock == stock()
    assert not is_in_transaction()


def test_a_change_outside_of_writing_is_refused(app: Flask) -> None:
    """Nobody would have committed it."""
    with pytest.raises(RuntimeError, match="outside of writing"), reading() as session:
        session.scalars(select(Product).where(Product.slug == "paper-shears")).one().stock = 0
    db.session.rollback()

    end_reading()
    assert stock() > 0


def test_writing_commits_all_of_it_or_nothing(app: Flask) -> None:
    before = stock()
    with suppress(ZeroDivisionError), writing() as session:
        session.execute(TAKE_ONE)
        _ = 1 / 0
    assert stock() == before

    with writing() as session:
        session.execute(TAKE_ONE)
    assert stock() == before - 1


def test_writing_inside_of_writing_is_refused(app: Flask) -> None:
    with writing(), pytest.raises(RuntimeError, match="already under way"), writing():
        pass

    with writing() as session:
        session.execute(TAKE_ONE)


def test_reading_inside_of_writing_is_the_same_transaction(app: Flask) -> None:
    before = stock()
    with writing() as session:
        session.execute(TAKE_ONE)
        assert stock() == before - 1
        assert is_in_transaction()


@pytest.mark.parametrize("losses", [0, 1, 4])
def test_a_lost_race_begins_again_and_leaves_nothing_behind(app: Flask, losses: int) -> None:
    before, tries = stock(), list[int]()

    @transaction
    def take_one(session: Session) -> str:
        session.execute(TAKE_ONE)
        tries.append(1)
        if len(tries) <= losses:
            raise LostRace
        return "done"

    assert take_one() == "done"
    assert (len(tries), stock()) == (losses + 1, before - 1)


def read_then_write(app: Flask, barrier: threading.Barrier) -> str:
    """Read, wait for the other one to have read too (if it can), and write."""
    with app.app_context():
        try:
            with writing() as session:
                session.scalars(A_STOCK).one()
                with suppress(threading.BrokenBarrierError):
                    barrier.wait(0.3)
                session.execute(TAKE_ONE)
        except OperationalError as error:
            return str(error.orig)
    return "ok"


def both(app: Flask) -> list[str]:
    barrier = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda _: read_then_write(app, barrier), range(2)))


def test_two_that_read_before_they_write_both_succeed(app: Flask) -> None:
    before = stock()

    assert both(app) == ["ok", "ok"]
    assert stock() == before - 2


def test_who_may_write_holds_the_lock_before_the_first_write(sqlite_app: Flask) -> None:
    """NC-6: so what was read in between stays true, also beside a program that doesn't queue."""
    stranger = connections.sqlite_module().connect(db.engine.url.database, timeout=0)
    with closing(stranger), writing() as session:
        session.execute(select(Product.stock)).first()
        with pytest.raises(connections.sqlite_module().OperationalError, match="locked"):
            stranger.execute("BEGIN IMMEDIATE")


class NeverWriting:
    """What `writing()` would look like if it began like any other transaction."""

    def get(self) -> bool:
        return False

    def set(self, _: bool) -> None:
        return None

    def reset(self, _: object) -> None:
        return None


def test_with_a_plain_begin_one_of_the_two_fails(
    sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NC-6: what BEGIN IMMEDIATE behind the queue is there for."""
    monkeypatch.setattr(database, "_is_writing", NeverWriting())
    monkeypatch.setattr(database, "_turn_to_write", nullcontext)

    assert sorted(both(sqlite_app)) == ["database is locked", "ok"]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("synchronous", 2),
        ("busy_timeout", 5000),
    ],
)
def test_every_connection_to_sqlite_is_set_up(
    sqlite_app: Flask, pragma: str, value: object
) -> None:
    """Synchronous 2 is FULL: an answered delivery survives the loss of power."""
    opened = [db.engine.connect() for _ in range(3)]
    try:
        found = {each.execute(text(f"PRAGMA {pragma}")).scalar() for each in opened}
    finally:
        for each in opened:
            each.close()

    safe = is_wal_safe(connections.sqlite_module().sqlite_version_info)
    assert found == {value if safe or pragma != "journal_mode" else "delete"}


def test_foreign_keys_are_enforced(app: Flask) -> None:
    price = insert(Price).values(product_id="prod_of_nobody", currency="usd", unit_amount=1)

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), writing() as session:
        session.execute(price)


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 7), False),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_it_is_safe(version: tuple[int, int, int], is_safe: bool) -> None:
    assert is_wal_safe(version) is is_safe


def test_an_affected_sqlite_keeps_the_rollback_journal_and_says_what_it_costs(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """CR-17: in one line of the log."""
    monkeypatch.setattr(connections, "is_wal_safe", lambda _: False)
    with Shop(sqlite_url) as shop, shop.app.app_context():
        journal = db.session.execute(text("PRAGMA journal_mode")).scalar()
        db.session.close()

    assert journal == "delete"
    [line] = [each.getMessage() for each in caplog.records if "journal=" in each.getMessage()]
    assert "cost=" in line


def test_the_shop_works_on_an_affected_sqlite(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "is_wal_safe", lambda _: False)
    with Shop(sqlite_url) as shop:
        token = shop.visitor().buy()
        shop.pay(token)
        shop.deliver()

        assert shop.order(token).status == "paid"


def test_no_connection_is_open_before_the_first_request(sqlite_url: str) -> None:
    """So that a server may load the application before it forks."""
    with Shop(sqlite_url) as shop, shop.app.app_context():
        assert db.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
        with reading() as session:
            session.scalar(select(func.count(Product.id)))
        assert db.engine.pool.checkedin() == 1  # type: ignore[attr-defined]
