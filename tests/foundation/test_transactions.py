"""What a transaction does when others are in its way."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.db import MOST_TRIES, DatabaseBusy, LostRace, transaction
from storefront.models import Product
from tests.shop import Shop

TAKEN, FREE = "paper-shears", "a-slug-that-nobody-has"


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
