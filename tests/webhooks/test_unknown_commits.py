"""COMMIT was sent and the connection died: nobody knows whether it happened, so nobody guesses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from storefront.db import db
from storefront.models import Order, Transition
from tests.lifecycle.standing import inbox
from tests.shop import Shop, Visitor
from tests.webhooks.telling import outcome_of, paid, the

HAPPENED = [True, False]


@contextmanager
def commit_without_an_answer(shop: Shop, *, happens: bool) -> Iterator[None]:
    """Let the next COMMIT happen or not, and the connection die before it is answered."""
    with shop.app.app_context():
        dialect = db.engine.dialect
    works, errors = dialect.do_commit, dialect.dbapi

    def commit(connection: Any) -> None:
        del dialect.do_commit  # the next one works again
        (works if happens else dialect.do_rollback)(connection)
        raise errors.OperationalError("server closed the connection unexpectedly")

    dialect.do_commit = commit  # type: ignore[method-assign]
    yield
    assert "do_commit" not in vars(dialect), "Nobody committed."


@pytest.mark.parametrize("happens", HAPPENED)
def test_an_event_whose_commit_got_no_answer_is_delivered_again(shop: Shop, happens: bool):
    """CR-15: 5xx, so Stripe delivers again, and the inbox knows whether it happened.

    On SQLite, where commits are shared, the shop looks for itself at once.
    """
    token = paid(shop)
    told = the(shop, "payment_intent.succeeded")
    expected = "duplicate" if happens else "applied"

    with commit_without_an_answer(shop, happens=happens):
        first = shop.sign_and_post(told)

    if first.status_code == 503:
        assert bool(inbox(shop)) is happens
        assert outcome_of(shop, told) == expected
    else:
        assert first.json == {"outcome": expected}
    assert outcome_of(shop, told) == "duplicate"
    assert shop.order(token).status == "paid"
    assert len(shop.all(Transition, Transition.after == "paid")) == 1


@pytest.mark.parametrize("happens", HAPPENED)
def test_an_order_whose_commit_got_no_answer_is_placed_once(
    shop: Shop, visitor: Visitor, happens: bool
):
    """CR-15: whoever sends the form again gets the order that is there."""
    visitor.add()
    before = shop.stock()
    with commit_without_an_answer(shop, happens=happens):
        assert visitor.checkout().status_code == 503
    assert len(shop.all(Order)) == happens

    assert visitor.checkout().status_code == 303

    assert len(shop.all(Order)) == len(shop.at_stripe("payment_intent")) == 1
    assert shop.stock() == before - 1
