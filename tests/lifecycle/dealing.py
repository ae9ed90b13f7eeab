"""Purchases whose news is told in every possible order.

A `Deck` is a shop in which something happened that it hasn't heard of yet, and the news of it:
events, and answers to re-reads at moments in between. `deal` tells it some of that, in some order,
through the real webhook, and returns where the shop stands then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from storefront.checkout import cancel_order
from storefront.events import apply_answer
from storefront.evidence import MOVING_EVENTS
from storefront.gateway import Answer
from storefront.lifecycle import ClosedReason, Flow
from storefront.models import Payment
from stripe_sandbox.resources import checkout_sessions, payment_intents
from tests.lifecycle.standing import Bookmark, Standing, standing
from tests.shop import CHALLENGED, DECLINED, VISA, Shop
from tests.webhooks.telling import Event, by_bank_debit

News = Event | Answer
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Deck:
    """A shop, the order in it, and what can be told about it, in the order of its happening."""

    shop: Shop
    token: str
    news: tuple[News, ...]
    start: Bookmark

    def deal(self, news: Iterable[News]) -> Standing:
        """Tell `news` from the start, and return where the shop stands then."""
        self.start.go_back()
        for each in news:
            tell(self.shop, each)
        return standing(self.shop)


def tell(shop: Shop, news: News) -> None:
    """Deliver an event, or apply an answer as the page does that a shopper comes back to."""
    if isinstance(news, Answer):
        with shop.app.app_context():
            apply_answer(news)
        return
    assert shop.sign_and_post(news).status_code == 200


def moves(news: News) -> bool:
    """Say whether the shop reads this kind of event."""
    return isinstance(news, dict) and news["type"] in MOVING_EVENTS


@dataclass(slots=True)
class Purchase:
    """A purchase under way; `apart` seconds lie between its steps."""

    shop: Shop
    apart: int
    token: str = ""

    def pay(self, *cards: str) -> None:
        """Try one card after the other."""
        for card in cards:
            self.shop.pay(self.token, card)
            self.shop.now += self.apart

    def authenticate(self, *, succeed: bool) -> None:
        """End the challenge that the bank asks for."""
        [intent] = self.shop.at_stripe("payment_intent")
        payment_intents.complete_authentication(self.shop.sandbox, intent["id"], succeed=succeed)
        self.shop.now += self.apart


def in_one_go(purchase: Purchase) -> None:
    purchase.pay(VISA)


def declined_at_first(purchase: Purchase) -> None:
    purchase.pay(DECLINED, VISA)


def challenged(purchase: Purchase) -> None:
    purchase.pay(CHALLENGED)
    purchase.authenticate(succeed=True)


def challenged_in_vain(purchase: Purchase) -> None:
    purchase.pay(CHALLENGED)
    purchase.authenticate(succeed=False)


def given_up(purchase: Purchase) -> None:
    """The session's time is over, or the shop cancels the intent that nobody pays."""
    purchase.pay(DECLINED)
    purchase.shop.now += 46 * MINUTE
    checkout_sessions.expire_due(purchase.shop.sandbox)
    for intent in purchase.shop.at_stripe("payment_intent"):
        if intent["status"] != "canceled":
            payment_intents.cancel(purchase.shop.sandbox, intent["id"], reason="abandoned")


STORIES: Mapping[str, Callable[[Purchase], None]] = {
    story.__name__: story
    for story in (in_one_go, declined_at_first, challenged, challenged_in_vain, given_up)
}


def deck(shop: Shop, flow: str, story: str, *, apart: int = 0, is_ours_lost: bool = False) -> Deck:
    """Let a purchase happen without the shop's hearing of it.

    With `is_ours_lost` the shop hasn't even written down the id of what Stripe made for it.
    """
    purchase = Purchase(shop, apart, shop.visitor().buy(flow))
    STORIES[story](purchase)
    if is_ours_lost:
        shop.write(update(Payment).values(**NOTHING_WRITTEN_DOWN))
    return Deck(shop, purchase.token, tuple(shop.events()), Bookmark(shop))


NOTHING_WRITTEN_DOWN: Mapping[str, Any] = {
    "payment_intent_id": None, "checkout_session_id": None,
    "evidence": "created", "evidence_created": 0, "evidence_is_reread": False,
}  # fmt: skip


def bank_debit(shop: Shop, *, succeeds: bool) -> Deck:
    """Let an order be paid by a method whose money takes days, or fails to come."""
    token, told = by_bank_debit(shop)
    end = ("intent_succeeded", "succeeded") if succeeds else ("intent_failed", "failed")
    news = tuple(told[name] for name in ("completed", "processing", *end))
    return Deck(shop, token, news, Bookmark(shop))


def closed(shop: Shop, flow: str, reason: ClosedReason | None) -> Deck:
    """Open an attempt and close its order, so that only Stripe's late news can follow."""
    token = shop.visitor().buy(flow)
    order = shop.order(token)
    shop.pay(token, DECLINED)
    if reason is ClosedReason.EXPIRED:
        shop.now = order.expires_at.timestamp() + 1
    if reason:
        with shop.app.app_context():
            cancel_order(order.id, reason)
    return Deck(shop, token, tuple(shop.events()), Bookmark(shop))


def reread(shop: Shop, payment: Payment) -> Answer:
    """Ask Stripe about a payment now; the answer can be told at any time."""
    flow = Flow(payment.flow)
    id_ = payment.payment_intent_id if flow == "payment_intent" else payment.checkout_session_id
    with shop.app.app_context():
        return shop.app.extensions["gateway"].retrieve(flow, id_ or "")
