"""What only one side calls paid is said, flagged where it can be, and never made to fit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import delete, update

from storefront.models import Attention, GatewayCall, Payment, StripeEvent, Transition
from tests.checkout.test_two_tabs import forget_the_live_attempt
from tests.reconcile.rounds import A_DAY, command, reconciled
from tests.reconcile.test_open_payments import lose_the_events
from tests.shop import Shop


def paid(shop: Shop) -> tuple[str, dict[str, Any]]:
    """Sell something; returns the order's token and the intent at Stripe."""
    token = shop.visitor().buy()
    shop.pay(token)
    shop.deliver()
    return token, shop.at_stripe("payment_intent")[-1]


def twin_of(shop: Shop, intent: dict[str, Any], **metadata: str) -> dict[str, Any]:
    """Put another object like it to Stripe, under another id, as if somebody had made two."""
    twin: dict[str, Any] = json.loads(json.dumps(intent))
    twin["id"] = intent["id"][:-4] + "twin"
    twin["metadata"] |= metadata
    return shop.sandbox.put(twin)


def reasons(shop: Shop) -> list[str]:
    return [attention.reason for attention in shop.all(Attention)]


def test_all_is_well_when_both_sides_agree(sqlite_shop: Shop):
    paid(sqlite_shop)

    report = reconciled(sqlite_shop)

    assert (report.has_gap, report.is_whole, report.is_news) == (False, True, False)
    assert [line.partition(":")[0] for line in report.lines()] == [
        "0 events that no delivery brought.",
        "1 objects of Stripe's compared",
        "Paid at Stripe and not here",
        "Paid here and not at Stripe",
        "Given back at Stripe otherwise than here",
    ]


def test_money_of_a_payment_that_nobody_knows_is_a_gap_until_somebody_has_looked(shop: Shop):
    """M2 and WH-10: the order is known, so a human is asked, once."""
    _, intent = paid(shop)
    twin = twin_of(shop, intent, payment_id="pay_" + "0" * 22)

    reports = [reconciled(shop) for _ in range(3)]

    assert all(list(report.objects.paid_there) == [twin["id"]] for report in reports)
    assert "Paid at Stripe and not here: 1: $29.99 USD." in list(reports[0].lines())
    [attention] = shop.all(Attention)
    assert (attention.reason, attention.amount_received) == ("unknown_payment", 2999)

    command(shop, "attentions", "resolve", str(attention.id), "--by", "Ada")

    assert not reconciled(shop).has_gap
    assert reasons(shop) == ["unknown_payment"]


def test_money_under_a_second_id_of_a_payment_is_a_gap_and_flagged_once(shop: Shop):
    """WH-15: the stored pair decides; the other object isn't adopted."""
    _, intent = paid(shop)
    twin = twin_of(shop, intent)

    reports = [reconciled(shop) for _ in range(2)]

    assert [list(report.objects.paid_there) for report in reports] == [[twin["id"]]] * 2
    assert reasons(shop) == ["mismatch"]
    assert shop.one(Payment).payment_intent_id == intent["id"]


def test_a_stranger_without_an_order_is_told_of(sqlite_shop: Shop, caplog: Any):
    """WH-10: as after a backup that is older than the sale."""
    _, intent = paid(sqlite_shop)
    unknown = {"payment_id": "pay_" + "0" * 22, "order_id": "order_" + "0" * 22}
    twin = twin_of(sqlite_shop, intent, **unknown)

    report = reconciled(sqlite_shop)

    assert f"  unknown here: {twin['id']} of order {unknown['order_id']}, succeeded" in list(
        report.lines()
    )
    assert (report.has_gap, reasons(sqlite_shop)) == (True, [])


def test_a_stranger_that_can_still_be_paid_is_flagged_and_no_gap(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    [intent] = sqlite_shop.at_stripe("payment_intent")
    sqlite_shop.write(delete(Transition).where(Transition.payment_id.is_not(None)))
    sqlite_shop.write(delete(GatewayCall))
    sqlite_shop.write(delete(Payment))

    report = reconciled(sqlite_shop)

    assert list(report.objects.strangers) == [intent["id"]]
    assert (report.has_gap, reasons(sqlite_shop)) == (False, ["unknown_payment"])
    assert sqlite_shop.order(token).status == "pending"


def test_objects_of_others_in_the_same_account_are_none_of_our_business(sqlite_shop: Shop):
    """WH-11."""
    _, intent = paid(sqlite_shop)
    twin_of(sqlite_shop, intent, store_id="another-shop")

    report = reconciled(sqlite_shop)

    assert (report.objects.compared, report.has_gap, report.objects.strangers) == (1, False, {})


@pytest.mark.parametrize("how", ["gone", "unpaid"])
def test_what_is_paid_here_alone_is_a_gap(shop: Shop, how: str):
    """M2, the reverse: keys of another account, for instance, or somebody wrote to the database."""
    token, intent = paid(shop)
    if how == "gone":
        shop.sandbox.remove("payment_intent", intent["id"])
    else:
        shop.sandbox.change(intent, status="processing", amount_received=0)

    report = reconciled(shop)

    assert list(report.objects.paid_here) == [intent["id"]]
    assert "Paid here and not at Stripe: 1: $29.99 USD." in list(report.lines())
    assert shop.order(token).status == "paid"


def test_what_was_paid_before_the_listing_is_not_looked_for_again(sqlite_shop: Shop):
    """The work of a round is what was made in a day, not the shop's whole history."""
    _, intent = paid(sqlite_shop)
    reconciled(sqlite_shop)
    sqlite_shop.now += 2 * A_DAY
    reconciled(sqlite_shop)
    sqlite_shop.sandbox.remove("payment_intent", intent["id"])
    sqlite_shop.now += 60

    assert not reconciled(sqlite_shop).has_gap
    assert reconciled(sqlite_shop, within=30 * A_DAY).has_gap


def test_a_round_after_a_long_pause_goes_back_to_the_last_one(shop: Shop):
    """SH-14: the reconciler itself was away for longer than a day."""
    reconciled(shop)
    token = shop.visitor().buy()
    forget_the_live_attempt(shop)
    shop.write(update(Payment).values(status="canceled"))
    shop.pay(token)
    lose_the_events(shop)
    shop.now += 3 * A_DAY

    assert not reconciled(shop).has_gap
    assert shop.order(token).paid_at is not None


def test_the_gap_is_told_in_each_currency(sqlite_shop: Shop):
    _, intent = paid(sqlite_shop)
    unknown = {"payment_id": "pay_" + "0" * 22, "order_id": "order_" + "0" * 22}
    twin = twin_of(sqlite_shop, intent, **unknown)
    other = {**twin, "id": twin["id"] + "s", "currency": "eur", "amount_received": 1000}
    sqlite_shop.sandbox.put(other)

    lines = list(reconciled(sqlite_shop).lines())

    assert "Paid at Stripe and not here: 2: €10.00 EUR, $29.99 USD." in lines
    assert f"  {twin['id']} $29.99 USD" in lines


def test_an_event_that_tells_of_it_first_changes_nothing_about_the_gap(sqlite_shop: Shop):
    """WH-15: the webhook flags it with the same words, so it is flagged once."""
    _, intent = paid(sqlite_shop)
    twin = twin_of(sqlite_shop, intent)
    event = sqlite_shop.events("payment_intent.succeeded")[0]
    told = {**event, "id": f"{event['id']}x", "data": {"object": twin}}
    assert sqlite_shop.sign_and_post(told).json == {"outcome": "mismatch"}

    report = reconciled(sqlite_shop)

    assert (list(report.objects.paid_there), reasons(sqlite_shop)) == ([twin["id"]], ["mismatch"])
    assert len(sqlite_shop.all(StripeEvent, StripeEvent.outcome == "mismatch")) == 1
