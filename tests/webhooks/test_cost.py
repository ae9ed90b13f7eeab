"""What one delivery costs the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from storefront.db import db
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, paid, the

MOST_STATEMENTS = 6
OVERHEAD = ("BEGIN", "SELECT 1")


@contextmanager
def statements(shop: Shop) -> Iterator[list[str]]:
    """Collect what the shop sends to its database, the end of each transaction included."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith(OVERHEAD):
            sent.append(statement)

    def commit(_: Any) -> None:
        sent.append("COMMIT")

    with shop.app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", commit)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", commit)


@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_an_event_that_pays_an_order_costs_five_statements_and_one_commit(
    shop: Shop, flow: str
) -> None:
    paid(shop, flow)
    succeeded = the(shop, "payment_intent.succeeded")
    with statements(shop) as sent:
        assert outcome_of(shop, succeeded) == "applied"

    assert [one.split()[0] for one in sent] == [
        "SELECT", "UPDATE", "UPDATE", "INSERT", "INSERT", "COMMIT",
    ]  # fmt: skip


def test_an_event_that_changes_nothing_costs_no_more(shop: Shop) -> None:
    paid(shop)
    for told in (the(shop, "payment_intent.succeeded"), the(shop, "payment_intent.created")):
        for _ in range(2):
            with statements(shop) as sent:
                outcome_of(shop, told)
            assert len(sent) <= MOST_STATEMENTS
            assert sent.count("COMMIT") == 1
