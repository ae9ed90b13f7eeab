"""What a transaction does when others are in its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from threading import Barrier

import pytest
from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.db import MOST_TRIES, DatabaseBusy, LostRace, db, is_unavailable, transaction
from storefront.models import Product, Transition
from storefront.prepared import Prepared
from tests.checkout.together import together
from tests.shop import Shop

TAKEN, FREE = "paper-shears", "a-slug-that-nobody-has"
OTHER = "washi-tape"
COLUMNS = Product.__table__.columns
TAKE_ONE = Prepared(update(Product).where(Product.slug == TAKEN).values(stock=Product.stock - 1))


def copy_product(session: Session, slug: str) -> None:
    """Insert a product; a slug that is taken violates a unique constraint."""
    [found] = session.query(Product).filter_by(slug=TAKEN)
    names = [c.name for c in Product.__table__.columns if c.name not in {"id", "slug"}]
    columns = ", ".join(names)
    session.execute(
        text(f"INSERT INTO products (id, slug, {columns}) SELECT 'p', :slug, {columns} "
             "FROM products WHERE id = :id"),
        {"slug": slug, "id": found.id},
    )  # fmt: skip


def test_an_insert_that_comes_second_is_a_lost_race(postgres_shop: Shop):
    slugs = iter([TAKEN, TAKEN, FREE])

    with postgres_shop.app.app_context():
        transaction(lambda session: copy_product(session, next(slugs)))()

    assert postgres_shop.one(Product, Product.slug == FREE)


def test_an_insert_that_can_never_succeed_is_raised_as_what_it_is(postgres_shop: Shop):
    tries: list[Session] = []

    def insert(session: Session) -> None:
        tries.append(session)
        copy_product(session, TAKEN)

    with postgres_shop.app.app_context(), pytest.raises(IntegrityError):
        transaction(insert)()
    assert len(tries) == MOST_TRIES


def test_a_race_that_is_always_lost_ends_as_busy(sqlite_shop: Shop):
    def lose(_: Session) -> None:
        raise LostRace

    with sqlite_shop.app.app_context(), pytest.raises(DatabaseBusy):
        transaction(lose)()


def test_of_two_that_wait_for_each_other_both_come_through(postgres_shop: Shop):
    """CR-16, forced: PostgreSQL ends one of them, which begins again and finds the way free."""
    tries, barrier = Counter[str](), Barrier(2)

    def take(session: Session, first: str, second: str) -> None:
        tries[first] += 1
        change_stock(session, first)
        if tries[first] == 1:
            barrier.wait(60)
        change_stock(session, second)

    def run(first: str, second: str) -> None:
        with postgres_shop.app.app_context():
            transaction(take)(first, second)

    before = [postgres_shop.stock(slug) for slug in (TAKEN, OTHER)]
    together(lambda: run(TAKEN, OTHER), lambda: run(OTHER, TAKEN))

    assert sorted(tries.values()) == [1, 2]
    assert [postgres_shop.stock(slug) for slug in (TAKEN, OTHER)] == [each - 2 for each in before]


def test_whoever_always_meets_a_deadlock_is_told_to_come_back(postgres_shop: Shop):
    """CR-16: after some tries, 503; the database itself says that nothing was written."""
    tries: list[Session] = []

    def deadlock(session: Session) -> None:
        tries.append(session)
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$"))

    with postgres_shop.app.app_context(), pytest.raises(DatabaseBusy) as error:
        transaction(deadlock)()

    assert len(tries) == MOST_TRIES
    assert is_unavailable(error.value)


def change_stock(session: Session, slug: str) -> None:
    session.execute(update(Product).where(Product.slug == slug).values(stock=Product.stock - 1))


def swallow_a_failure(session: Session) -> None:
    """Do what nobody should: go on after a flush has failed."""
    twin = session.query(Product).filter_by(slug=TAKEN).one()
    session.expunge(twin)
    session.add(Product(**{each.name: getattr(twin, each.name) for each in COLUMNS}))
    with suppress(IntegrityError):
        session.flush()


@pytest.mark.parametrize("and_then", [lambda _: None, TAKE_ONE.execute])
def test_a_transaction_that_was_rolled_back_inside_ends_in_an_error(
    shop: Shop, and_then: Callable[[Session], object]
):
    """All of it or nothing, also when somebody swallowed why; no statement goes on alone."""
    before = shop.stock(TAKEN)

    def work(session: Session) -> None:
        TAKE_ONE.execute(session)
        swallow_a_failure(session)
        and_then(session)

    with shop.app.app_context(), pytest.raises(RuntimeError, match=r"is over|rolled back"):
        transaction(work)()
    assert shop.stock(TAKEN) == before


def test_a_bindparam_without_a_type_is_refused(sqlite_shop: Shop):
    """How its value is kept would be the driver's own affair."""
    lines = [{"at": bindparam(f"at_{line}")} for line in range(2)]
    prepared = Prepared(insert(Transition).values(lines))

    with (
        sqlite_shop.app.app_context(),
        db.engine.connect() as connection,
        pytest.raises(TypeError, match="Give each bindparam a type"),
    ):
        prepared.sent_to(connection.dialect, ["at_0", "at_1"])
