"""E4: any handful of news, with duplicates and gaps, dealt in any order, ends in the same place.

Here Stripe may say anything, also what contradicts itself: money after a cancellation, an expiry
after the payment, everything in one second. Only what was told decides, not how it was dealt.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storefront.checkout import start_checkout_session
from storefront.lifecycle import ClosedReason
from storefront.models import Attention, Refund
from stripe_sandbox.resources import payment_intents
from tests.lifecycle.dealing import Deck, News, closed, moves, reread, tell
from tests.lifecycle.standing import Bookmark
from tests.shop import CHALLENGED, DECLINED, Shop
from tests.webhooks.telling import Event, retold, the

ERROR = {"code": "card_declined", "decline_code": "generic_decline", "message": "Declined."}
OF_AN_INTENT: Mapping[str, Mapping[str, Any]] = {
    "payment_intent.payment_failed": {
        "status": "requires_payment_method",
        "last_payment_error": ERROR,
    },
    "payment_intent.requires_action": {"status": "requires_action"},
    "payment_intent.processing": {"status": "processing"},
    "payment_intent.canceled": {"status": "canceled"},
    "payment_intent.succeeded": {"status": "succeeded", "last_payment_error": None},
}
OF_A_SESSION: Mapping[str, Mapping[str, Any]] = {
    "checkout.session.completed": {"status": "complete", "payment_status": "paid"},
    "checkout.session.expired": {"status": "expired", "payment_status": "unpaid"},
    "checkout.session.async_payment_succeeded": {"status": "complete", "payment_status": "paid"},
    "checkout.session.async_payment_failed": {"status": "complete", "payment_status": "unpaid"},
}
UNPAID = {"status": "complete", "payment_status": "unpaid"}
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
HANDS = st.lists(st.integers(0, 99), min_size=2, max_size=9)


def everything(shop: Shop, *, seconds: int) -> tuple[Event, ...]:
    """Return one of everything that Stripe can say about the shop's one attempt.

    `seconds` is how many seconds it is spread over, so that some of it shares one.
    """
    [intent] = shop.at_stripe("payment_intent")
    told = [
        (intent, type_, {**changes, "amount_received": intent["amount"]})
        for type_, changes in OF_AN_INTENT.items()
    ]
    for session in shop.at_stripe("checkout.session"):
        told += [(session, type_, dict(changes)) for type_, changes in OF_A_SESSION.items()]
        told.append((session, "checkout.session.completed", dict(UNPAID)))
    envelope = shop.events()[0]
    return tuple(
        retold(
            {**envelope, "data": {"object": found}},
            as_=type_,
            at=envelope["created"] + number * 7 % seconds,
            **changes,
        )
        for number, (found, type_, changes) in enumerate(told)
    )


def check_every_hand(*decks: Deck) -> None:
    """Deal hands with duplicates and gaps, and compare with the same news told once, as it was."""

    @FEW
    @given(st.sampled_from(decks), HANDS)
    def check(deck: Deck, numbers: list[int]) -> None:
        hand = [deck.news[number % len(deck.news)] for number in numbers]
        once = [each for each in deck.news if each in hand]
        assert deck.deal(hand) == deck.deal(once)

    check()


@pytest.mark.parametrize("reason", [None, ClosedReason.EXPIRED, ClosedReason.CANCELLED])
@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_only_what_was_told_decides(
    sqlite_shop: Shop, flow: str, reason: ClosedReason | None
) -> None:
    """E4: for an order that is open, and for one whose late money is taken or goes back."""
    began = closed(sqlite_shop, flow, reason)
    spread = (1, 3, 60)

    check_every_hand(
        *(replace(began, news=everything(sqlite_shop, seconds=seconds)) for seconds in spread)
    )


def test_re_reads_are_news_like_any_other(sqlite_shop: Shop) -> None:
    """E4: what Stripe answered at some moment may be applied before or after any event."""
    shop, token = sqlite_shop, sqlite_shop.visitor().buy()
    answers: list[News] = []
    for card in (DECLINED, CHALLENGED):
        shop.now += 60
        shop.pay(token, card)
        answers.append(reread(shop, shop.payments(token)[0]))
    payment_intents.complete_authentication(
        shop.sandbox, shop.payments(token)[0].payment_intent_id or "", succeed=True
    )
    answers.append(reread(shop, shop.payments(token)[0]))
    events = [event for event in shop.events() if moves(event)]

    check_every_hand(Deck(shop, token, (*events, *answers), Bookmark(shop)))


def test_two_paid_attempts_end_with_the_same_totals_in_every_order(sqlite_shop: Shop) -> None:
    """E4: which of the two settles depends on arrival; what is kept and what goes back doesn't."""
    shop, token = sqlite_shop, sqlite_shop.visitor().buy()
    order = shop.order(token)
    with shop.app.app_context():
        start_checkout_session(order.id)
    shop.pay(token)
    late = the(shop, "payment_intent.canceled")
    late = retold(late, as_="payment_intent.succeeded", status="succeeded",
                  amount_received=order.amount_total)  # fmt: skip
    start = Bookmark(shop)

    for dealt in itertools.permutations((late, *filter(moves, shop.events()))):
        start.go_back()
        for event in (*dealt, dealt[0]):
            tell(shop, event)
        assert [each.amount_received for each in shop.payments(token)] == [order.amount_total] * 2
        assert [each.reason for each in shop.all(Attention)] == ["paid_twice"]
        [refund] = shop.all(Refund)
        assert refund.amount == order.amount_total
        assert shop.order(token).status == "paid"
