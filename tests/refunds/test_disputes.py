"""Disputes: a flag with amounts beside an order that stays paid."""

from __future__ import annotations

import itertools

import pytest

from storefront.models import Dispute
from stripe_sandbox.resources import disputes
from tests.lifecycle.standing import Bookmark, standing
from tests.refunds.conftest import Bought, bought
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, retold


def disputed(shop: Shop, end: str | None = None) -> Bought:
    """Return a paid order whose charge the bank claims back, and how that ended."""
    paid = bought(shop)
    [charge] = shop.at_stripe("charge")
    dispute = disputes.open_dispute(shop.sandbox, charge["id"])
    if end:
        paid.in_dashboard(
            f"disputes/{dispute['id']}", **{"evidence[uncategorized_text]": f"{end}_evidence"}
        )
    return paid


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [("winning", "won", "dispute_won"), ("losing", "lost", "dispute_lost")],
)
def test_a_dispute_is_flagged_when_it_opens_and_when_it_ends(
    shop: Shop, end: str, status: str, reason: str
):
    """RF-11."""
    paid = disputed(shop, end)

    shop.deliver()

    assert paid.disputes() == [(paid.total, status)]
    assert paid.attentions() == ["disputed", reason]
    assert (paid.order.status, paid.payment.status) == ("paid", "succeeded")
    assert paid.payment.amount_refunded == 0


def test_a_dispute_ends_the_same_however_it_is_told(sqlite_shop: Shop):
    """E4, for disputes: an old report doesn't open one again."""
    paid = disputed(sqlite_shop, "losing")
    told = [event for event in sqlite_shop.events("charge.dispute") if "funds" not in event["type"]]
    begin, ends = Bookmark(sqlite_shop), []
    for dealt in itertools.permutations(told):
        begin.go_back()
        for event in (*dealt, dealt[0]):
            outcome_of(sqlite_shop, event)
        ends.append(standing(sqlite_shop))
    assert all(end["disputes"] == ends[0]["disputes"] for end in ends)
    assert paid.disputes() == [(paid.total, "lost")]


def test_a_dispute_of_a_refunded_payment_changes_neither(shop: Shop):
    """RF-11: the refund stays a refund."""
    paid = disputed(shop)
    [opened] = shop.events("charge.dispute.created")
    paid.shop.sandbox.state.tables["dispute"].clear()
    paid.refund()

    outcome_of(shop, retold(opened))

    assert (paid.order.status, paid.disputes()) == ("refunded", [(paid.total, "needs_response")])


def test_a_dispute_of_an_unknown_intent_waits(sqlite_shop: Shop):
    paid = disputed(sqlite_shop)
    [opened] = sqlite_shop.events("charge.dispute.created")

    assert outcome_of(sqlite_shop, retold(opened, payment_intent="pi_strange")) == "parked"
    assert (paid.shop.all(Dispute), paid.attentions()) == ([], [])


def test_somebody_elses_dispute_is_foreign(sqlite_shop: Shop):
    """WH-11."""
    disputed(sqlite_shop)
    [opened] = sqlite_shop.events("charge.dispute.created")
    strange = retold(opened, payment_intent="pi_strange", metadata={"store_id": "another"})

    assert outcome_of(sqlite_shop, strange) == "foreign"
