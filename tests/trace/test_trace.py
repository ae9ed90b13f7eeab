"""The story of an order: what happened is shown as done, in its order, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from storefront import clock
from storefront.history import history_of
from storefront.models import GatewayCall
from storefront.steps import Step
from storefront.trace import trace_of
from storefront.views.trace_words import distance, sentence_of
from tests.checkout.test_two_tabs import FLOWS
from tests.shop import DECLINED, Shop
from tests.webhooks.telling import by_bank_debit, outcome_of, the


def story(shop: Shop, token: str) -> list[Step]:
    with shop.app.app_context():
        return trace_of(history_of(shop.order(token)), now=clock.now()).steps


def done(shop: Shop, token: str) -> list[Any]:
    """Return number and kind of each step that happened, reads at Stripe apart."""
    steps = [step for step in story(shop, token) if step.is_done and step.kind != "read"]
    return [(step.number, step.kind) for step in steps]


STARTED = [(1, "placed"), (2, "start"), (2, "create"), (3, "started")]
PAID = [(5, "event"), (6, "applied"), (7, "moved")]


@pytest.mark.parametrize("flow", FLOWS)
def test_a_purchase_is_the_eight_steps_in_their_order(shop: Shop, flow: str):
    token = shop.visitor().buy(flow)
    shop.now += 5
    shop.pay(token)
    shop.now += 1
    shop.deliver()

    found = done(shop, token)

    assert [step for step in found if step[1] != "ignored"][:8] == [*STARTED, (4, "confirm"), *PAID]
    assert found[-1] == (8, "poll")
    assert all(step.is_done for step in story(shop, token))


@pytest.mark.parametrize("flow", FLOWS)
def test_what_is_still_to_come_is_shown_as_not_done(sqlite_shop: Shop, flow: str):
    token = sqlite_shop.visitor().buy(flow)

    steps = story(sqlite_shop, token)

    to_come = [step.number for step in steps if not step.is_done]
    assert to_come == ([4, 5, 6, 7, 8] if flow == "payment_intent" else [5, 6, 7, 8])
    assert all(step.at is None for step in steps if not step.is_done)


def test_distances_are_of_our_own_clock(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    sqlite_shop.now += 70
    sqlite_shop.pay(token)
    sqlite_shop.now += 2.5
    sqlite_shop.deliver()

    steps = {step.kind: step for step in story(sqlite_shop, token) if step.is_done}

    assert steps["confirm"].by_stripes_clock
    assert steps["confirm"].since is None
    assert steps["confirm"].at == steps["placed"].at + timedelta(seconds=70)
    assert steps["event"].at == steps["placed"].at + timedelta(seconds=72.5)
    assert steps["moved"].is_at_once


def test_a_payment_that_was_read_before_its_event_keeps_the_story_open(sqlite_shop: Shop):
    """SH-11: the page that the shopper comes back to asks Stripe; the event comes later."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)
    visitor.get(f"/return?order={token}")

    assert (7, "learned") in done(sqlite_shop, token)
    assert [step.number for step in story(sqlite_shop, token) if not step.is_done] == [5, 6]

    sqlite_shop.deliver()
    assert (6, "stale") in done(sqlite_shop, token)
    assert all(step.is_done for step in story(sqlite_shop, token))


def test_a_repeated_event_is_one_step_that_says_so(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token)
    for _ in range(3):
        outcome_of(sqlite_shop, the(sqlite_shop, "payment_intent.succeeded"))

    [seen] = [step for step in story(sqlite_shop, token) if step.kind == "applied"]

    assert "It came 3 times: each repeat was a duplicate, ignored." in sentence_of(seen)


def test_news_that_is_older_says_so(sqlite_shop: Shop):
    """WH-04."""
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token, DECLINED)
    sqlite_shop.pay(token)
    outcome_of(sqlite_shop, the(sqlite_shop, "payment_intent.succeeded"))
    outcome_of(sqlite_shop, the(sqlite_shop, "payment_intent.payment_failed"))

    [stale] = [step for step in story(sqlite_shop, token) if step.kind == "stale"]

    assert "older than what we know" in sentence_of(stale)


def test_an_event_that_moves_nothing_is_one_step_in_soft_words(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    outcome_of(sqlite_shop, the(sqlite_shop, "payment_intent.created"))

    [ignored] = [step for step in story(sqlite_shop, token) if step.kind == "ignored"]

    assert ignored.number == 5
    assert "payment_intent.created, which moves no payment" in sentence_of(ignored)


def test_each_attempt_is_told(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.now += 60
    visitor.post(f"/orders/{token}/checkout-session")

    found = done(sqlite_shop, token)

    assert found[:4] == STARTED
    again = [(1, "again"), (2, "start"), (2, "create"), (None, "stop"), (7, "learned")]
    assert set(again) <= set(found[4:])
    assert found[-2:] == [(3, "started"), (4, "confirm")]


def test_of_several_attempts_the_story_says_which_one_moved(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    visitor.post(f"/orders/{token}/checkout-session")
    sqlite_shop.pay(token)
    sqlite_shop.deliver()

    told = " ".join(sentence_of(step) for step in story(sqlite_shop, token))

    assert "payment 1 (PaymentIntent) pending → canceled" in told
    assert "payment 2 (Checkout) pending → succeeded, order pending → paid" in told


def test_a_cancelled_order_has_nothing_to_come(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.now += 60
    visitor.post(f"/orders/{token}/cancel")

    assert done(sqlite_shop, token)[-2:] == [(None, "closed"), (8, "poll")]


def test_a_debit_that_takes_days_waits_for_its_last_event(sqlite_shop: Shop):
    """WH-08."""
    token, events = by_bank_debit(sqlite_shop)
    outcome_of(sqlite_shop, events["completed"])
    assert not story(sqlite_shop, token)[-1].is_done

    outcome_of(sqlite_shop, events["succeeded"])
    assert all(step.is_done for step in story(sqlite_shop, token))


def test_a_call_without_an_answer_says_so(sqlite_shop: Shop):
    sqlite_shop.sandbox.faults.add("/v1/payment_intents", "reset", 1)
    token = sqlite_shop.visitor().buy()

    first, second = (step for step in story(sqlite_shop, token) if step.kind == "create")

    assert sentence_of(first).endswith("No answer came; the same request is sent again.")
    assert not sentence_of(second).endswith("again.")


def test_an_order_whose_calls_were_lost_still_has_its_story(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    sqlite_shop.write(delete(GatewayCall))

    assert done(sqlite_shop, token) == [(1, "placed"), (2, "start"), (3, "started")]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-1, "+0.000 s"), (0.1424, "+0.142 s"), (12.34, "+12.3 s"), (80, "+1 min 20 s"),
     (7300, "+2 h 1 min")],
)  # fmt: skip
def test_distances_are_as_exact_as_anybody_cares(seconds: float, told: str):
    assert distance(timedelta(seconds=seconds)) == told
