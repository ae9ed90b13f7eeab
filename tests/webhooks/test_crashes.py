"""Crashed half-way: the database itself fails inside the transaction, and then recovers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.lifecycle.standing import inbox, standing
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, paid, the

FAIL = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the disk is on fire'; END $$
"""
BREAK = {
    "sqlite": (
        "CREATE TRIGGER broken BEFORE {what} BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END",
    ),
    "postgresql": (
        FAIL,
        "CREATE TRIGGER broken BEFORE {what} FOR EACH ROW EXECUTE FUNCTION fail()",
    ),
}
MEND = {
    "sqlite": ("DROP TRIGGER broken",),
    "postgresql": ("DROP FUNCTION fail() CASCADE",),
}
EVERY_WRITE = (
    "INSERT ON stripe_events",
    "UPDATE ON orders",
    "UPDATE ON payments",
    "INSERT ON transitions",
)


@pytest.mark.parametrize("what", EVERY_WRITE)
def test_a_failure_at_any_write_leaves_nothing_and_redelivery_completes(
    shop: Shop, what: str
) -> None:
    """WH-31: 500, so that Stripe delivers again; no inbox row, so that it isn't a duplicate."""
    token = paid(shop)
    event = the(shop, "payment_intent.succeeded")
    before = standing(shop)
    with broken(shop, what):
        assert shop.sign_and_post(event).status_code >= 500

    assert (standing(shop), inbox(shop)) == (before, {})
    assert outcome_of(shop, event) == "applied"
    assert shop.order(token).status == "paid"


def test_stripe_itself_delivers_again_after_a_failure(sqlite_shop: Shop) -> None:
    """WH-31, from Stripe's side: it retries with back-off until it is answered 2xx."""
    token = paid(sqlite_shop)
    with broken(sqlite_shop, "INSERT ON transitions"):
        sqlite_shop.deliver()
    assert sqlite_shop.order(token).status == "pending"

    sqlite_shop.now += 60
    assert sqlite_shop.deliver() == ["applied"]
    assert sqlite_shop.order(token).status == "paid"


def test_the_answer_to_a_failure_tells_nothing_about_it(sqlite_shop: Shop) -> None:
    paid(sqlite_shop)
    with broken(sqlite_shop, "INSERT ON transitions"):
        response = sqlite_shop.sign_and_post(the(sqlite_shop, "payment_intent.succeeded"))

    assert response.json["error"]["code"] == "INTERNAL_ERROR"
    assert "fire" not in response.text
    assert "trigger" not in response.text.lower()


@contextmanager
def broken(shop: Shop, what: str) -> Iterator[None]:
    """Let the database refuse one kind of write, as a full disk or a bug of ours would."""
    backend = "postgresql" if "postgresql" in shop.settings.database_url else "sqlite"
    for statement in BREAK[backend]:
        shop.write(text(statement.format(what=what)))
    yield
    for statement in MEND[backend]:
        shop.write(text(statement))
