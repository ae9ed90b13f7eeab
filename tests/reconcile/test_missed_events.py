"""The webhook was away: the events are read from Stripe's list and taken in like deliveries."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from storefront import catching_up, events
from storefront.gateway_errors import GatewayUnavailable
from storefront.models import Cursor, StripeEvent, Transition
from tests.checkout.meanwhile import around_a_call, before_statement, calls_to_stripe
from tests.checkout.test_stripe_faults import ASKED_IN_ALL
from tests.checkout.test_two_tabs import FLOWS
from tests.reconcile.rounds import A_DAY, A_MINUTE, position, reconciled, rows
from tests.shop import DECLINED, Shop

THREE_HOURS = 3 * 3600


def moving(shop: Shop) -> list[str]:
    """Return the ids of the sandbox's events that say something, oldest first."""
    return [event["id"] for event in shop.events() if event["type"] in events.HEARD]


def sell(shop: Shop, times: int, flow: str = "payment_intent") -> list[str]:
    tokens = []
    for _ in range(times):
        tokens.append(shop.visitor().buy(flow, "cedar-pencils"))
        shop.pay(tokens[-1])
        shop.now += 60
    return tokens


@pytest.mark.parametrize("flow", FLOWS)
def test_what_was_missed_in_three_hours_is_taken_in_once_and_in_order(shop: Shop, flow: str):
    """WH-32: every event that can move something, in order of `created`."""
    tokens = sell(shop, 3, flow)
    shop.now += THREE_HOURS

    report = reconciled(shop)

    taken_in = [event.id for event in sorted(shop.all(StripeEvent), key=lambda one: one.created)]
    assert sorted(taken_in) == sorted(moving(shop))
    assert report.missed.total() == len(taken_in)
    assert [shop.order(token).status for token in tokens] == ["paid"] * 3
    assert (reconciled(shop).missed.total(), reconciled(shop).has_gap) == (0, False)


def test_events_are_taken_in_in_the_order_of_their_creation(sqlite_shop: Shop):
    """WH-32: with more of them than a page of Stripe's list holds."""
    for _ in range(21):
        token = sqlite_shop.visitor().buy(slug="cedar-pencils")
        for card in (DECLINED,) * 4:
            sqlite_shop.pay(token, card)
        sqlite_shop.now += 60
        sqlite_shop.pay(token)

    reconciled(sqlite_shop)

    created = {event["id"]: event["created"] for event in sqlite_shop.events()}
    causes = [each.cause for each in sqlite_shop.all(Transition) if each.cause in created]
    assert len(moving(sqlite_shop)) == 105
    assert len(sqlite_shop.all(StripeEvent)) == 105
    moments = [created[cause] for cause in causes]
    assert moments == sorted(moments)


def test_a_redelivery_at_the_same_time_applies_each_event_once(shop: Shop):
    """WH-32: Stripe wakes up while we read its list."""
    tokens = sell(shop, 3)
    shop.now += THREE_HOURS

    with around_a_call(shop, "/v1/events", after=shop.deliver):
        reconciled(shop)

    assert len(shop.all(Transition, Transition.after == "paid")) == 3
    assert [shop.order(token).status for token in tokens] == ["paid"] * 3
    assert {event.outcome for event in shop.all(StripeEvent)} <= {"applied", "stale", "ignored"}


def test_a_delivery_in_the_middle_of_taking_an_event_in_is_a_duplicate(shop: Shop):
    """WH-32 and WH-02: whoever is first, the effects and the ledger's row are one transaction."""
    [token] = sell(shop, 1)
    [paid] = shop.events("payment_intent.succeeded")
    answers = []

    def deliver() -> None:
        answers.append(shop.sign_and_post(paid).json)

    with before_statement(shop, "UPDATE orders", deliver):
        reconciled(shop)

    assert answers in ([{"outcome": "duplicate"}], [{"outcome": "applied"}])
    assert len(shop.all(Transition, Transition.after == "paid")) == 1
    assert shop.one(StripeEvent, StripeEvent.id == paid["id"]).outcome == "applied"
    assert shop.order(token).status == "paid"


def test_the_cursor_stays_where_it_was_when_stripe_cannot_be_asked(sqlite_shop: Shop):
    """E2: it moves only past what is committed, and nothing is skipped afterwards."""
    sell(sqlite_shop, 2)
    reconciled(sqlite_shop)
    before = position(sqlite_shop, catching_up.EVENTS)
    [token] = sell(sqlite_shop, 1)
    sqlite_shop.now += A_MINUTE
    sqlite_shop.sandbox.faults.add("/v1/events", "reset", ASKED_IN_ALL)

    with pytest.raises(GatewayUnavailable):
        reconciled(sqlite_shop)

    assert position(sqlite_shop, catching_up.EVENTS) == before
    reconciled(sqlite_shop)
    assert position(sqlite_shop, catching_up.EVENTS) > before
    assert sqlite_shop.order(token).status == "paid"


def test_what_is_still_on_its_way_is_left_to_the_webhook(sqlite_shop: Shop):
    sell(sqlite_shop, 1)
    sqlite_shop.now -= 60 + A_MINUTE

    assert reconciled(sqlite_shop).missed.total() == 0
    assert reconciled(sqlite_shop).missed.total() > 0


def walk_past(shop: Shop) -> None:
    """Let the cursor stand behind everything that has happened by now."""
    shop.write(insert(Cursor).values(name=catching_up.EVENTS, position=str(int(shop.now) + A_DAY)))


def test_what_stripe_could_not_deliver_is_found_behind_the_cursor(sqlite_shop: Shop):
    """WH-32: an event can have failed here by a bug that is mended now, or show up late."""
    sell(sqlite_shop, 1)
    sqlite_shop.deliver()
    delivered = len(sqlite_shop.all(StripeEvent))
    sell(sqlite_shop, 2)
    walk_past(sqlite_shop)

    assert reconciled(sqlite_shop).missed == {"applied": 2}
    assert len(sqlite_shop.all(StripeEvent, StripeEvent.type.in_(events.HEARD))) == 3
    assert len(sqlite_shop.all(StripeEvent)) == delivered + 2
    assert reconciled(sqlite_shop).missed.total() == 0


def test_what_comes_late_to_the_list_is_found_behind_the_cursor(sqlite_shop: Shop):
    """WH-32: Stripe listed a younger event before it, and says that this one was delivered."""
    sell(sqlite_shop, 1)
    sqlite_shop.deliver()
    sqlite_shop.now += 120
    assert reconciled(sqlite_shop).missed.total() == 0
    [told] = sqlite_shop.events("payment_intent.succeeded")
    late = {**told, "id": "evt_late", "created": told["created"] - 60, "pending_webhooks": 0}
    sqlite_shop.sandbox.put(late)

    assert reconciled(sqlite_shop).missed.total() == 1


def test_one_event_that_fails_does_not_keep_the_others_out(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture
):
    """Nothing says that all is well meanwhile, and it is tried again with every round."""
    sell(sqlite_shop, 1)
    broken = {**sqlite_shop.events("payment_intent.succeeded")[0], "id": "evt-from-another-time"}
    sqlite_shop.sandbox.put(broken)
    [token] = sell(sqlite_shop, 1)

    reports = [reconciled(sqlite_shop) for _ in range(2)]

    assert sqlite_shop.order(token).status == "paid"
    assert [(report.missed["failed"], report.is_whole) for report in reports] == [(1, False)] * 2
    assert "event=evt-from-another-time outcome=failed" in caplog.text


def test_a_dry_run_says_what_would_be_taken_in_and_changes_nothing(shop: Shop):
    sell(shop, 2)
    shop.now += THREE_HOURS
    before = rows(shop)

    with calls_to_stripe(shop) as calls:
        foreseen = reconciled(shop, is_dry_run=True)

    assert rows(shop) == before
    assert {call.split(" ")[0] for call in calls} == {"GET"}
    assert (foreseen.missed, foreseen.has_gap) == ({"applied": 2}, True)
    assert reconciled(shop).missed == foreseen.missed
