"""Every state that a shopper can find an order in, and how it comes about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.shop import CHALLENGED, DECLINED, Shop, Visitor
from tests.webhooks.telling import retold


@dataclass(frozen=True)
class State:
    """A state: how to get there, and what the order's page must then say and do."""

    reach: Callable[[Shop, Visitor], str]
    title: str
    is_waiting: bool = False
    can_pay: bool = False
    can_be_mounted: bool = False


def waiting(_: Shop, visitor: Visitor) -> str:
    return visitor.buy()


def at_stripe(_: Shop, visitor: Visitor) -> str:
    return visitor.buy("checkout_session")


def declined(shop: Shop, visitor: Visitor) -> str:
    return after(shop, visitor.buy(), DECLINED)


def challenged(shop: Shop, visitor: Visitor) -> str:
    return after(shop, visitor.buy(), CHALLENGED)


def paid(shop: Shop, visitor: Visitor) -> str:
    return after(shop, visitor.buy(), "4242424242424242")


def after(shop: Shop, token: str, card: str) -> str:
    shop.pay(token, card)
    shop.deliver()
    return token


def processing(shop: Shop, visitor: Visitor) -> str:
    token = visitor.buy()
    [created] = shop.events("payment_intent.created")
    [intent] = shop.at_stripe("payment_intent")
    shop.sandbox.change(intent, status="processing")
    tell(shop, retold(created, as_="payment_intent.processing", status="processing"))
    return token


def under_review(shop: Shop, visitor: Visitor) -> str:
    token = visitor.buy()
    shop.pay(token)
    [succeeded] = shop.events("payment_intent.succeeded")
    tell(shop, retold(succeeded, amount_received=2000))
    return token


def cancelled(_: Shop, visitor: Visitor) -> str:
    token = visitor.buy()
    visitor.post(f"/orders/{token}/cancel")
    return token


def paid_after_cancelling(shop: Shop, visitor: Visitor) -> str:
    token = cancelled(shop, visitor)
    [created] = shop.events("payment_intent.created")
    done = {"status": "succeeded", "amount_received": 2999}
    tell(shop, retold(created, as_="payment_intent.succeeded", **done))
    return token


def expired(shop: Shop, visitor: Visitor) -> str:
    token = visitor.buy()
    shop.now += 2 * 3600
    shop.app.test_cli_runner().invoke(args=["work"])
    return token


def replaced(_: Shop, visitor: Visitor) -> str:
    token = visitor.buy()
    visitor.add("cedar-pencils")
    return token


def refunded(shop: Shop, visitor: Visitor) -> str:
    return with_refund(shop, paid(shop, visitor))


def partly_refunded(shop: Shop, visitor: Visitor) -> str:
    return with_refund(shop, paid(shop, visitor), "--amount", "1000")


def with_refund(shop: Shop, token: str, *options: str) -> str:
    number = shop.order(token).number
    shop.app.test_cli_runner().invoke(args=["refund", number, "--by", "ann", *options])
    return token


def tell(shop: Shop, event: dict[str, object]) -> None:
    assert shop.sign_and_post(event).json == {"outcome": "applied"}


STATES = {
    "waiting": State(waiting, "Waiting for your payment", True, True, True),
    "at Stripe": State(at_stripe, "Waiting for your payment", True, True),
    "challenged": State(challenged, "Waiting for your payment", True, True, True),
    "declined": State(declined, "The payment didn’t go through", True, True, True),
    "processing": State(processing, "Your payment is on its way", True),
    "under review": State(under_review, "We have your payment and are looking at it"),
    "paid": State(paid, "Paid. Thank you!"),
    "cancelled": State(cancelled, "Cancelled"),
    "expired": State(expired, "Expired"),
    "replaced": State(replaced, "Replaced by a newer order"),
    "paid after cancelling": State(paid_after_cancelling, "Cancelled"),
    "refunded": State(refunded, "Refunded"),
    "partly refunded": State(partly_refunded, "Partly refunded"),
}
