"""Those who wait for SQLite's one writer share a commit, and nothing else: no failure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from storefront import write_queue
from storefront.db import DatabaseBusy, db, shared_transaction
from storefront.models import Product
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, paid

N = 6
PATIENCE = 30.0
A_PRODUCT = Product.slug == "paper-shears"


class Mistake(Exception):
    """A bug of ours in one of the works."""


@shared_transaction
def take_one(session: Session, fails: bool = False) -> int:
    session.execute(update(Product).where(A_PRODUCT).values(stock=Product.stock - 1))
    if fails:
        raise Mistake
    return session.scalars(select(Product.stock).where(A_PRODUCT)).one()


@contextmanager
def while_somebody_writes(
    shop: Shop, works: list[Callable[[], Any]]
) -> Iterator[list[Future[Any]]]:
    """Begin all works while the turn to write is taken; they go on when the block ends."""
    group = shop.app.extensions["group_commit"]
    with ThreadPoolExecutor(len(works)) as pool:
        with shop.app.extensions["write_queue"].turn():
            found = [pool.submit(_in_context, shop, work) for work in works]
            end = time.monotonic() + PATIENCE
            while len(group._open.works if group._open else ()) < len(works):
                assert time.monotonic() < end
                time.sleep(0.001)
        yield found


def _in_context(shop: Shop, work: Callable[[], Any]) -> Any:
    with shop.app.app_context():
        return work()


@contextmanager
def commits(shop: Shop) -> Iterator[list[object]]:
    """Collect the commits of the shop's connections."""
    seen: list[object] = []
    with shop.app.app_context():
        engine = db.engine
    note = seen.append
    event.listen(engine, "commit", note)
    try:
        yield seen
    finally:
        event.remove(engine, "commit", note)


def test_deliveries_that_wait_share_one_commit(sqlite_shop: Shop) -> None:
    tokens = [paid(sqlite_shop) for _ in range(N)]
    events = sqlite_shop.events("payment_intent.succeeded")
    works = [lambda each=each: outcome_of(sqlite_shop, each) for each in events]

    with commits(sqlite_shop) as seen, while_somebody_writes(sqlite_shop, works) as found:
        outcomes = [each.result(PATIENCE) for each in found]

    assert (outcomes, len(seen)) == (["applied"] * N, 1)
    assert {sqlite_shop.order(token).status for token in tokens} == {"paid"}


def test_each_sees_what_those_before_it_did(sqlite_shop: Shop) -> None:
    before = sqlite_shop.stock()

    with while_somebody_writes(sqlite_shop, [take_one] * N) as found:
        results = sorted(each.result(PATIENCE) for each in found)

    assert results == list(range(before - N, before))
    assert sqlite_shop.stock() == before - N


def test_a_failure_is_of_its_own_work_alone(sqlite_shop: Shop) -> None:
    before = sqlite_shop.stock()
    works = [take_one, lambda: take_one(fails=True), take_one]

    with while_somebody_writes(sqlite_shop, works) as found:
        errors = [each.exception(PATIENCE) for each in found]

    assert [type(each) for each in errors] == [type(None), Mistake, type(None)]
    assert sqlite_shop.stock() == before - 2


def test_all_are_told_in_time_that_the_database_is_busy(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_queue, "LONGEST_WAIT", 0.2)
    turn = sqlite_shop.app.extensions["write_queue"].turn()
    with ThreadPoolExecutor(3) as pool, turn:
        found = [pool.submit(_in_context, sqlite_shop, take_one) for _ in range(3)]
        errors = [each.exception(PATIENCE) for each in found]

    assert {type(each) for each in errors} == {DatabaseBusy}
