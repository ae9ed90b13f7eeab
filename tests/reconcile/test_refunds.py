"""Refunds that nobody told of are learned from Stripe's list; so are those that came to nothing."""

from __future__ import annotations

import pytest

from storefront.models import Attention, Refund
from tests.reconcile.rounds import command, reconciled, rows
from tests.reconcile.test_gap import paid
from tests.reconcile.test_open_payments import lose_the_events
from tests.shop import Shop


def refund_in_the_dashboard(shop: Shop, amount: int) -> None:
    """Give money back at Stripe, and lose what would have told of it."""
    [intent] = shop.at_stripe("payment_intent")
    answer = shop.sandbox_app.test_client().post(
        "/v1/refunds",
        data={"payment_intent": intent["id"], "amount": amount},
        headers={"Authorization": "Bearer sk_test_dashboard"},
    )
    assert answer.status_code == 200, answer.text
    lose_the_events(shop)


def test_a_refund_that_no_event_told_of_is_learned(shop: Shop):
    """RF-08 and M2: with its amount, and a human is asked to see to the goods."""
    token, _ = paid(shop)
    refund_in_the_dashboard(shop, 1000)

    report = reconciled(shop)

    assert (shop.order(token).status, report.has_gap) == ("partially_refunded", False)
    assert shop.one(Refund).amount == 1000
    assert [attention.reason for attention in shop.all(Attention)] == ["external_refund"]
    assert (reconciled(shop).is_news, len(shop.all(Refund))) == (False, 1)


def test_a_dry_run_tells_the_difference_and_learns_nothing(sqlite_shop: Shop):
    paid(sqlite_shop)
    refund_in_the_dashboard(sqlite_shop, 1000)
    before = rows(sqlite_shop)

    report = reconciled(sqlite_shop, is_dry_run=True)

    assert rows(sqlite_shop) == before
    assert "Given back at Stripe otherwise than here: 1: $10.00 USD." in list(report.lines())
    assert report.has_gap


def test_a_sum_that_stripes_own_refunds_do_not_explain_stays_a_gap(sqlite_shop: Shop):
    """M3: nothing is made up to make it fit."""
    paid(sqlite_shop)
    [charge] = sqlite_shop.at_stripe("charge")
    sqlite_shop.sandbox.change(charge, amount_refunded=500)

    report = reconciled(sqlite_shop)

    assert (report.has_gap, sqlite_shop.all(Refund)) == (True, [])


@pytest.mark.parametrize("loss", ["timeout_after", "timeout_before"])
def test_a_refund_of_ours_whose_answer_was_lost_is_made_once(shop: Shop, loss: str):
    """RF-05: reconcile learns of it, or makes the call that is due; never both."""
    token, _ = paid(shop)
    shop.sandbox.faults.add("/v1/refunds", loss, 2)
    command(shop, "refund", shop.order(token).number, "--by", "ann")
    lose_the_events(shop)

    reports = [reconciled(shop) for _ in range(2)]

    assert [refund["amount"] for refund in shop.at_stripe("refund")] == [2999]
    assert (shop.order(token).status, reports[1].has_gap) == ("refunded", False)
    assert shop.one(Refund).status == "succeeded"
