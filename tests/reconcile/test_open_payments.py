"""What is open here is read at Stripe, whether anybody comes back or not."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront import attempts, upkeep
from storefront.models import Cursor, Payment, StripeEvent, Transition
from tests.checkout.meanwhile import around_a_call, before_statement, calls_to_stripe
from tests.checkout.test_stripe_faults import ASKED_IN_ALL, KIND, PATH, creations, kill
from tests.checkout.test_two_tabs import FLOWS
from tests.checkout.together import together
from tests.reconcile.rounds import A_DAY, A_MINUTE, reconciled, rows
from tests.shop import DECLINED, Shop, Visitor
from tests.webhooks.telling import outcome_of, retold, the


def lose_the_events(shop: Shop) -> None:
    """Let Stripe know nothing of its events any more: only the objects can tell."""
    if events := shop.sandbox.state.tables.get("event"):
        events.keep_only([])


@pytest.mark.parametrize("flow", FLOWS)
def test_a_payment_whose_event_never_comes_is_found(shop: Shop, flow: str):
    """SH-14 and SH-13: nobody returns, nothing is delivered, and Stripe's list has no event."""
    token = shop.visitor().buy(flow)
    shop.pay(token)
    lose_the_events(shop)

    report = reconciled(shop)

    assert (shop.order(token).status, report.has_gap) == ("paid", False)
    assert shop.all(StripeEvent) == []


@pytest.mark.parametrize("flow", FLOWS)
def test_a_decline_is_learned_too(sqlite_shop: Shop, flow: str):
    token = sqlite_shop.visitor().buy(flow)
    sqlite_shop.pay(token, DECLINED)
    lose_the_events(sqlite_shop)

    reconciled(sqlite_shop)

    [payment] = sqlite_shop.payments(token)
    assert (payment.status, payment.is_live) == ("failed", True)
    assert sqlite_shop.order(token).status == "pending"


def test_what_is_older_than_the_listing_is_read_by_itself(shop: Shop):
    """RF-02: a debit can be on its way for days."""
    token = shop.visitor().buy()
    reconciled(shop)
    shop.now += 3 * A_DAY
    shop.write(update(Cursor).values(position=str(int(shop.now))))
    shop.pay(token)
    lose_the_events(shop)

    with calls_to_stripe(shop) as calls:
        report = reconciled(shop)

    [payment] = shop.payments(token)
    assert f"GET /v1/payment_intents/{payment.payment_intent_id}" in calls
    assert (shop.order(token).status, report.objects.changed) == ("paid", 1)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_day_later_what_an_attempt_made_is_adopted_and_nothing_made_again(shop: Shop, flow: str):
    """CR-03: the process died before it learned the id, and the key is forgotten since."""
    visitor = shop.visitor()
    visitor.add()
    kill(shop, "after", lambda: visitor.checkout(flow))
    lose_the_events(shop)
    shop.now += A_DAY + 3600

    with calls_to_stripe(shop) as calls:
        reconciled(shop)

    [made], [payment] = shop.at_stripe(KIND[flow]), shop.all(Payment)
    assert attempts.stripe_id_of(payment) == made["id"]
    assert {call.split(" ")[0] for call in calls} == {"GET"}


@pytest.mark.parametrize("flow", FLOWS)
def test_a_shopper_who_comes_back_a_day_later_finds_the_same_object(sqlite_shop: Shop, flow: str):
    """CR-03, without any reconciler: asking again with a forgotten key would make a second."""
    visitor = sqlite_shop.visitor()
    visitor.add()
    kill(sqlite_shop, "after", lambda: visitor.checkout(flow))
    sqlite_shop.now += A_DAY + 3600

    with calls_to_stripe(sqlite_shop) as calls:
        visitor.checkout(flow)

    made = sqlite_shop.at_stripe(KIND[flow])
    if flow == "payment_intent":
        assert "POST /v1/payment_intents" not in calls
        assert len(made) == len(sqlite_shop.all(Payment)) == 1
    else:
        assert [each["status"] for each in made] == ["expired", "open"]
        assert [payment.status for payment in sqlite_shop.all(Payment)] == ["canceled", "pending"]


def test_an_order_that_expires_a_day_later_is_stopped_at_stripe(sqlite_shop: Shop):
    """CR-03 and S2: the intent that nobody knew is found and cancelled, not one beside it."""
    visitor = sqlite_shop.visitor()
    visitor.add()
    kill(sqlite_shop, "after", visitor.checkout)
    sqlite_shop.now += A_DAY + 3600

    with sqlite_shop.app.app_context():
        assert upkeep.expire_orders() == 1

    assert [each["status"] for each in sqlite_shop.at_stripe("payment_intent")] == ["canceled"]


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "500"])
def test_no_attempt_stays_unknown_longer_than_two_rounds(shop: Shop, flow: str, kind: str):
    """I4, CR-01, CR-02, ST-04: adopted, or closed once Stripe has shown that there is nothing.

    Its number and its key are never used again.
    """
    visitor = shop.visitor()
    begin_and_hear_nothing(shop, visitor, flow, kind)

    reports = [reconciled(shop) for _ in range(2)]

    made, [payment] = shop.at_stripe(KIND[flow]), shop.all(Payment)
    expected = (made[0]["id"], True) if made else (None, False)
    assert (attempts.stripe_id_of(payment), payment.is_live) == expected
    assert [report.objects.closed for report in reports] == [0 if made else 1, 0]

    visitor.checkout(flow)

    numbers = [payment.attempt for payment in shop.payments(visitor.orders()[0].token)]
    assert numbers == ([1] if made else [1, 2])
    assert len(shop.at_stripe(KIND[flow])) == 1
    assert len(creations(shop)) == (2 if kind == "500" else 1)


def begin_and_hear_nothing(shop: Shop, visitor: Visitor, flow: str, kind: str) -> None:
    """Begin an attempt whose request or answer is lost, or whose process dies over the answer."""
    visitor.add()
    shop.sandbox.faults.add(PATH[flow], kind, 1 if kind == "500" else ASKED_IN_ALL)
    if kind == "500":
        kill(shop, "after", lambda: visitor.checkout(flow))
    else:
        visitor.checkout(flow)


def test_an_attempt_that_is_under_way_is_left_alone(sqlite_shop: Shop):
    """I4: somebody's request may be on the way to Stripe at this moment."""
    begin_and_hear_nothing(sqlite_shop, sqlite_shop.visitor(), "payment_intent", "timeout_before")
    sqlite_shop.now -= A_MINUTE

    assert reconciled(sqlite_shop).objects.closed == 0
    assert sqlite_shop.one(Payment).is_live


def test_what_is_made_after_all_opens_a_closed_attempt_again(shop: Shop):
    """CR-02: a request that was on its way for longer than anybody thought."""
    visitor = shop.visitor()
    begin_and_hear_nothing(shop, visitor, "payment_intent", "timeout_before")

    def close() -> None:
        assert reconciled(shop).objects.closed == 1

    with around_a_call(shop, "/v1/payment_intents", before=close):
        visitor.checkout()

    [payment], [intent] = shop.all(Payment), shop.at_stripe("payment_intent")
    assert (payment.payment_intent_id, payment.is_live) == (intent["id"], True)


def test_one_that_is_adopted_while_it_is_being_closed_stays_open(shop: Shop):
    """I4 and WH-33: what has been heard of since Stripe was asked isn't closed."""
    visitor = shop.visitor()
    begin_and_hear_nothing(shop, visitor, "payment_intent", "timeout_before")

    with around_a_call(shop, "/v1/checkout/sessions", after=visitor.checkout):
        assert reconciled(shop).objects.closed == 0

    assert shop.one(Payment).is_live
    assert len(shop.at_stripe("payment_intent")) == 1


@pytest.mark.parametrize("moment", ["FROM payments", "JOIN orders", "UPDATE orders"])
def test_two_that_close_an_attempt_close_it_once(shop: Shop, moment: str):
    """E5: the order's version is read before what it guards, wherever the other one comes in."""
    begin_and_hear_nothing(shop, shop.visitor(), "payment_intent", "timeout_before")
    payment_id = shop.one(Payment).id

    def close() -> bool:
        with shop.app.app_context():
            return attempts.close_unmade(payment_id)

    with before_statement(shop, moment, close) as begun:
        closed = close()

    assert sorted([closed, begun[0].result()]) == [False, True]
    assert len(shop.all(Transition, Transition.after == "canceled")) == 1


def test_two_rounds_at_once_do_everything_once(shop: Shop):
    tokens = [shop.visitor().buy(flow, "cedar-pencils") for flow in FLOWS]
    for token in tokens:
        shop.pay(token)
    begin_and_hear_nothing(shop, shop.visitor(), "payment_intent", "timeout_before")
    shop.now += A_MINUTE

    reports = together(*[lambda: reconciled(shop)] * 2)

    assert [shop.order(token).status for token in tokens] == ["paid"] * 2
    assert len(shop.all(Transition, Transition.after == "paid")) == 2
    assert len(shop.all(Transition, Transition.after == "canceled")) == 1
    assert not any(report.has_gap for report in reports)


def test_a_dry_run_reads_and_changes_nothing(shop: Shop):
    """Neither here nor at Stripe; and it foresees what the round then does."""
    token = shop.visitor().buy()
    shop.pay(token)
    begin_and_hear_nothing(shop, shop.visitor(), "checkout_session", "timeout_before")
    lose_the_events(shop)
    before = rows(shop)

    with calls_to_stripe(shop) as calls:
        foreseen = reconciled(shop, is_dry_run=True).objects

    assert rows(shop) == before
    assert {call.split(" ")[0] for call in calls} == {"GET"}
    assert (foreseen.changed, foreseen.closed, len(foreseen.paid_there)) == (1, 1, 1)
    done = reconciled(shop).objects
    assert (done.changed, done.closed, done.has_gap) == (1, 1, False)


def test_money_that_sets_out_while_its_object_cannot_be_found_is_not_given_up(shop: Shop):
    """M1: the attempt is looked at again in the transaction that would close it."""
    token = shop.visitor().buy()
    [intent], [payment] = shop.at_stripe("payment_intent"), shop.payments(token)
    created = the(shop, "payment_intent.created")
    processing = retold(created, as_="payment_intent.processing", status="processing")

    def set_out() -> None:
        assert outcome_of(shop, processing) == "applied"
        shop.sandbox.remove("payment_intent", intent["id"])

    with (
        around_a_call(shop, "/v1/payment_intents/", before=set_out),
        shop.app.app_context(),
        pytest.raises(attempts.AttemptGone),
    ):
        attempts.bring_about(payment)

    assert (shop.payments(token)[0].status, shop.order(token).status) == ("processing",) * 2
