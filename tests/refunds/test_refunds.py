"""Money given back: by an operator, in Stripe's Dashboard, in part, twice, and in vain."""

from __future__ import annotations

import itertools

import pytest

from storefront import errands, refunds
from storefront.models import OutboxCall, Payment, Refund, StripeEvent
from stripe_sandbox.resources import refunds as at_stripe
from tests.checkout.meanwhile import calls_to_stripe
from tests.checkout.test_stripe_faults import ASKED_IN_ALL
from tests.checkout.together import together
from tests.lifecycle.standing import Bookmark, standing
from tests.refunds.conftest import Bought, bought
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, retold


def test_a_refund_goes_through_the_outbox_and_ends_refunded(paid: Bought):
    done = paid.refund()

    assert done.exit_code == 0, done.output
    assert paid.order.status == "refunded"
    assert paid.refunds() == [(paid.total, "succeeded", "ann")]
    assert paid.refunded_at_stripe() == paid.payment.amount_refunded == paid.total
    assert set(paid.shop.deliver()) <= {"stale", "applied", "ignored"}
    assert (paid.order.status, paid.attentions()) == ("refunded", [])


def test_parts_add_up_to_the_whole(paid: Bought):
    """RF-03, M3."""
    paid.refund("--amount", "300")
    assert paid.order.status == "partially_refunded"

    paid.refund("--amount", str(paid.total - 300))
    paid.shop.deliver()

    assert paid.order.status == "refunded"
    assert sum(amount for amount, _, _ in paid.refunds()) == paid.total


def test_no_more_is_given_back_than_was_received(paid: Bought):
    """RF-04: refused here, before Stripe is asked."""
    with calls_to_stripe(paid.shop) as calls:
        done = paid.refund("--amount", str(paid.total + 1))

    assert done.exit_code == 1
    assert str(paid.total) in done.output
    assert (calls, paid.refunds()) == ([], [])


def test_two_operators_at_once_give_back_no_more_than_there_is(paid: Bought):
    """RF-04."""
    amount = paid.total * 6 // 10

    def decide() -> bool:
        with paid.shop.app.app_context():
            try:
                refunds.refund(paid.payment.id, amount=amount, reason="duplicate", actor="ann")
            except refunds.NotRefundable:
                return False
            return True

    assert sorted(together(decide, decide)) == [False, True]
    assert paid.shop.work() == 1
    assert paid.refunded_at_stripe() == amount


def test_a_refund_that_was_heard_and_not_answered_is_made_once(paid: Bought):
    """RF-05: the next try finds what the first one made, also when the key is forgotten."""
    paid.shop.sandbox.faults.add("/v1/refunds", "timeout_after", ASKED_IN_ALL)
    paid.refund("--amount", "100")
    [waiting] = paid.shop.all(OutboxCall)
    assert waiting.done_at is None
    assert paid.refunds() == [(100, "pending", "ann")]

    paid.shop.sandbox.state.idempotency.clear()
    paid.shop.now += 3600
    paid.shop.work()

    assert paid.refunded_at_stripe() == 100
    assert paid.refunds() == [(100, "succeeded", "ann")]


@pytest.mark.parametrize("status", ["pending", "failed", "processing", "canceled"])
def test_only_money_that_is_here_can_be_given_back(sqlite_shop: Shop, status: str):
    """RF-06, RF-07."""
    token = sqlite_shop.visitor().buy()
    [payment] = sqlite_shop.payments(token)
    sqlite_shop.write(Payment.__table__.update().values(status=status))

    with sqlite_shop.app.app_context(), pytest.raises(refunds.NotRefundable, match=status):
        refunds.refund(payment.id, amount=None, reason="duplicate", actor="ann")
    assert sqlite_shop.all(Refund) == []


def test_a_refund_in_the_dashboard_is_recorded_and_flagged(paid: Bought):
    """RF-08."""
    paid.in_dashboard("refunds", payment_intent=paid.intent_id, amount=200)
    paid.shop.deliver()
    paid.shop.work()

    assert paid.order.status == "partially_refunded"
    assert paid.refunds() == [(200, "succeeded", "stripe")]
    assert paid.attentions() == ["external_refund"]


def test_a_refund_that_fails_leaves_the_order_paid_and_asks_for_a_human(paid: Bought):
    """RF-09: the money is owed again, and can be given back another way."""
    paid.refund()
    at_stripe.fail_refund(paid.shop.sandbox, paid.shop.all(Refund)[0].stripe_refund_id or "")
    paid.shop.deliver()

    assert (paid.order.status, paid.payment.amount_refunded) == ("paid", 0)
    assert paid.attentions() == ["refund_failed"]
    assert paid.refund().exit_code == 0
    assert paid.order.status == "refunded"


def test_a_refund_that_failed_stays_failed_however_it_is_told(sqlite_shop: Shop):
    """RF-09, E4: a late word that it arrived doesn't take the failure back."""
    paid = bought(sqlite_shop)
    made = paid.in_dashboard("refunds", payment_intent=paid.intent_id)
    at_stripe.fail_refund(sqlite_shop.sandbox, made["id"])
    told = [e for e in sqlite_shop.events("refund") if e["type"] != "charge.refunded"]
    begin, ends = Bookmark(sqlite_shop), []
    for dealt in itertools.islice(itertools.permutations(told), 0, None, 7):
        begin.go_back()
        for event in dealt:
            outcome_of(sqlite_shop, event)
        ends.append(standing(sqlite_shop))

    assert paid.refunds() == [(paid.total, "failed", "stripe")]
    assert (paid.order.status, paid.payment.amount_refunded) == ("paid", 0)
    assert all(end == ends[0] for end in ends)


def test_every_name_of_an_event_about_a_refund_tells_the_same(paid: Bought):
    """RF-10: older endpoints hear `charge.refund.updated`, newer ones `refund.updated`."""
    paid.in_dashboard("refunds", payment_intent=paid.intent_id)
    [told] = paid.shop.events("refund.created")
    for type_ in ("charge.refund.updated", "refund.updated", "refund.created"):
        outcome_of(paid.shop, retold(told, as_=type_))

    assert paid.refunds() == [(paid.total, "succeeded", "stripe")]
    assert paid.payment.amount_refunded == paid.total


def test_a_refund_is_known_before_its_payment(sqlite_shop: Shop):
    """WH-05: however refund and payment are told, the order ends refunded and was never unpaid."""
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token)
    paid = Bought(sqlite_shop, token)
    intent = sqlite_shop.at_stripe("payment_intent")[-1]["id"]
    paid.in_dashboard("refunds", payment_intent=intent)
    told = [
        event for event in sqlite_shop.events()
        if event["type"] in {"payment_intent.succeeded", "refund.created", "charge.refunded"}
    ]  # fmt: skip
    begin, ends = Bookmark(sqlite_shop), []
    for dealt in itertools.permutations(told):
        begin.go_back()
        for event in dealt:
            outcome_of(sqlite_shop, event)
        sqlite_shop.work()
        assert (paid.order.status, paid.payment.amount_refunded) == ("refunded", paid.total)
        ends.append(standing(sqlite_shop))
    assert all(end["refunds"] == ends[0]["refunds"] for end in ends)


def test_a_refund_of_an_unknown_intent_waits_for_it(shop: Shop):
    """A refund made in the Dashboard names nothing but the intent."""
    token = shop.visitor().buy("checkout_session")
    shop.pay(token)
    paid = Bought(shop, token)
    intent = shop.at_stripe("payment_intent")[-1]["id"]
    paid.in_dashboard("refunds", payment_intent=intent)
    [refund] = shop.events("refund.created")
    assert outcome_of(shop, refund) == "parked"

    [succeeded] = [one for one in shop.events() if one["type"] == "payment_intent.succeeded"]
    assert outcome_of(shop, succeeded) == "applied"

    assert paid.order.status == "refunded"


def test_what_was_parked_in_the_moment_its_intent_came_is_applied_later(sqlite_shop: Shop):
    """WH-10: the intent's own news looked for what waits before the refund was there.

    Nor does one that hits a bug keep the others waiting, or stop what the worker does next.
    """
    paid = bought(sqlite_shop)
    paid.in_dashboard("refunds", payment_intent=paid.intent_id)
    [told] = sqlite_shop.events("refund.created")
    intent_id = paid.intent_id
    sqlite_shop.write(Payment.__table__.update().values(payment_intent_id=None))
    broken = retold(told)
    assert outcome_of(sqlite_shop, broken) == outcome_of(sqlite_shop, told) == "parked"
    sqlite_shop.write(Payment.__table__.update().values(payment_intent_id=intent_id))
    of_broken = StripeEvent.__table__.update().where(StripeEvent.id == broken["id"])
    sqlite_shop.write(of_broken.values(payload="{}"))

    for _ in range(2):
        assert sqlite_shop.app.test_cli_runner().invoke(args=["work"]).exit_code == 0

    assert paid.order.status == "refunded"
    assert sqlite_shop.one(StripeEvent, StripeEvent.id == told["id"]).outcome == "applied"


def test_a_refunded_charge_brings_its_refunds_in(paid: Bought):
    """An endpoint that hears nothing of refunds hears that the charge was refunded."""
    paid.in_dashboard("refunds", payment_intent=paid.intent_id, amount=100)
    paid.in_dashboard("refunds", payment_intent=paid.intent_id, amount=50)
    for event in paid.shop.events("charge.refunded"):
        outcome_of(paid.shop, event)
    paid.shop.work()

    assert paid.refunds() == [(50, "succeeded", "stripe"), (100, "succeeded", "stripe")]
    assert paid.payment.amount_refunded == 150


def test_two_workers_make_different_calls(shop: Shop):
    """RF-05: nobody waits for another's call, and none is made twice."""
    for _ in range(4):
        one = bought(shop)
        with shop.app.app_context():
            refunds.refund(one.payment.id, amount=None, reason="duplicate", actor="ann")

    def work() -> int:
        with shop.app.app_context():
            return errands.run()

    assert sum(together(work, work)) == 4
    assert {row.attempts for row in shop.all(OutboxCall)} == {1}
