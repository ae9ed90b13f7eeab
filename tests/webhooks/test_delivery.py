"""Deliveries as Stripe makes them: once, and in the order in which things happened."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from storefront.db import reading
from tests.lifecycle.standing import inbox, standing
from tests.shop import Shop
from tests.webhooks.telling import Event, outcome_of, paid

THIN_EVENT = {
    "id": "evt_test_65SNxdEfghAbcDEF12316SN",
    "object": "v2.core.event",
    "type": "v2.core.event_destination.ping",
    "livemode": False,
    "created": "2027-01-15T08:00:00.000Z",
    "context": None,
    "reason": None,
    "related_object": {
        "id": "ed_test_61R",
        "type": "v2.core.event_destination",
        "url": "/v2/core/event_destinations/ed_test_61R",
    },
}
UNKNOWN_EVENT = {
    "id": "evt_of_tomorrow",
    "object": "event",
    "api_version": "2031-01-01.future",
    "created": 1_800_000_000,
    "data": {"object": {"id": "thing_1", "object": "thing.of_tomorrow"}},
    "livemode": False,
    "type": "thing.of_tomorrow.happened",
}


@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_an_order_is_paid_by_the_webhook_alone(shop: Shop, flow: str) -> None:
    token = paid(shop, flow)

    assert shop.order(token).status == "pending"
    assert "applied" in shop.deliver()
    assert shop.order(token).status == "paid"


def test_both_lines_of_the_history_are_kept_alike(sqlite_shop: Shop) -> None:
    paid(sqlite_shop)
    sqlite_shop.deliver()

    with sqlite_shop.app.app_context(), reading() as session:
        kept = session.execute(text("SELECT at FROM transitions WHERE cause LIKE 'evt%'")).all()
    assert kept == [("2027-01-15 08:00:00.000000",)] * 2


@pytest.mark.parametrize("event", [THIN_EVENT, UNKNOWN_EVENT], ids=["thin", "unknown"])
def test_an_event_that_moves_nothing_is_recorded_as_ignored(
    sqlite_shop: Shop, event: Event
) -> None:
    """WH-27."""
    paid(sqlite_shop)
    before = standing(sqlite_shop)

    assert outcome_of(sqlite_shop, event) == "ignored"
    assert inbox(sqlite_shop) == {event["id"]: "ignored"}
    assert standing(sqlite_shop) == before
