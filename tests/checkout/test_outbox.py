"""Calls that a transaction decided on: each is made once, however often and by whomever it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from storefront import errands
from storefront.models import Attention, OutboxCall
from tests.checkout.meanwhile import around_a_call, before_statement, calls_to_stripe
from tests.checkout.test_two_tabs import forget_the_live_attempt, net_captured
from tests.checkout.together import together
from tests.shop import Shop

REFUND = "POST /v1/refunds"
LEASE = 61


def owe(shop: Shop, times: int = 1) -> None:
    """Let so many cancelled orders be paid: it is decided, and not yet done, to give it back.

    The shop begins to work on it when an answer to Stripe is closed; these are left open.
    """
    for _ in range(times):
        visitor = shop.visitor()
        token = visitor.buy()
        forget_the_live_attempt(shop)
        visitor.post(f"/orders/{token}/cancel")
        shop.pay(token)
    for event in shop.events("payment_intent.succeeded"):
        assert shop.sign_and_post(event).json == {"outcome": "applied"}


def working(shop: Shop, at_most: int = 1000) -> Callable[[], int]:
    def work() -> int:
        with shop.app.app_context():
            return errands.run(at_most=at_most)

    return work


def test_no_more_calls_are_made_than_are_asked_for(sqlite_shop: Shop):
    """A request that begins to work on the outbox isn't kept by everybody's calls."""
    owe(sqlite_shop, 3)

    with calls_to_stripe(sqlite_shop) as calls:
        assert working(sqlite_shop, at_most=1)() == 1

    assert calls == [REFUND]
    assert (sqlite_shop.work(), net_captured(sqlite_shop)) == (2, 0)


def test_workers_at_the_same_moment_make_each_call_once(shop: Shop):
    """RF-05."""
    owe(shop, 4)

    with calls_to_stripe(shop) as calls:
        done = together(*[working(shop)] * 2)

    assert calls == [REFUND] * sum(done)
    working(shop)()
    assert (len(shop.at_stripe("refund")), net_captured(shop)) == (4, 0)


def test_a_call_under_way_is_not_made_by_a_second_worker(shop: Shop):
    """RF-05: the second one takes what is left."""
    owe(shop, 2)

    with (
        calls_to_stripe(shop) as calls,
        around_a_call(shop, "/v1/refunds", before=working(shop)),
    ):
        assert shop.work() == 1

    assert calls == [REFUND] * 2
    assert all(call.attempts == 1 for call in shop.all(OutboxCall))
    assert net_captured(shop) == 0


def test_two_workers_that_see_the_same_call_make_it_once(shop: Shop):
    """RF-05: between finding what is due and taking it."""
    owe(shop)

    with (
        calls_to_stripe(shop) as calls,
        before_statement(shop, "UPDATE outbox", working(shop)) as begun,
    ):
        done = shop.work()

    assert done + begun[0].result() == 1
    assert calls == [REFUND]


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "reset", "429", "409"])
def test_a_call_without_an_answer_is_made_again_later_under_the_same_key(
    sqlite_shop: Shop, kind: str
):
    """ST-02 and RF-05: not at once, and it is the same request then."""
    owe(sqlite_shop)
    key = sqlite_shop.one(OutboxCall).idempotency_key
    sqlite_shop.sandbox.faults.add("/v1/refunds", kind, 2)

    assert [sqlite_shop.work(), sqlite_shop.work()] == [0, 0]
    assert sqlite_shop.one(OutboxCall).done_at is None
    sqlite_shop.now += LEASE
    assert sqlite_shop.work() == 1

    assert [each for each in sqlite_shop.sandbox.state.idempotency if "refund" in each] == [key]
    assert (len(sqlite_shop.at_stripe("refund")), net_captured(sqlite_shop)) == (1, 0)


def test_each_try_waits_longer_than_the_one_before(sqlite_shop: Shop):
    """ST-11: an outage isn't made worse; and no wait is longer than an hour."""
    owe(sqlite_shop)
    waits = []

    for _ in range(9):
        sqlite_shop.sandbox.rules.add("429", path="/v1/refunds", times=1, should_retry=False)
        sqlite_shop.work()
        due = sqlite_shop.one(OutboxCall).next_try_at.timestamp()
        waits.append(due - sqlite_shop.now)
        sqlite_shop.now = due

    assert [wait / 60 for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_call_is_still_made_after_days_of_tries(shop: Shop):
    """ST-11: it waits an hour each time, and keeps none of the others from their turn."""
    owe(shop, 2)
    shop.write(update(OutboxCall).values(attempts=2000))

    assert shop.work() == 2

    assert net_captured(shop) == 0


def test_a_failure_that_stripe_repeats_is_outlived(sqlite_shop: Shop):
    """ST-04: the key is spent; the money still goes back, once, and no human is needed."""
    owe(sqlite_shop)
    sqlite_shop.sandbox.faults.add("/v1/refunds", "500")

    assert sqlite_shop.work() == 0
    sqlite_shop.now += LEASE
    assert sqlite_shop.work() == 1

    assert len(sqlite_shop.at_stripe("refund")) == 1
    assert [each.reason for each in sqlite_shop.all(Attention)] == ["paid_after_cancel"]
    assert net_captured(sqlite_shop) == 0


def test_money_that_somebody_has_given_back_already_is_not_asked_for_again(sqlite_shop: Shop):
    """RF-08: in the Dashboard; or the refund was made, and its failed answer is what was kept."""
    owe(sqlite_shop)
    call = sqlite_shop.one(OutboxCall)
    sqlite_shop.sandbox.faults.add("/v1/refunds", "timeout_after", 2)
    sqlite_shop.work()
    sqlite_shop.sandbox.state.idempotency.pop(call.idempotency_key)
    sqlite_shop.now += LEASE

    assert sqlite_shop.work() == 1

    assert [each.reason for each in sqlite_shop.all(Attention)] == ["paid_after_cancel"]
    assert (len(sqlite_shop.at_stripe("refund")), net_captured(sqlite_shop)) == (1, 0)
