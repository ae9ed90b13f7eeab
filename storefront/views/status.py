"""What a shopper reads about where an order stands: the one place for these words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, func, select

from storefront import clock
from storefront.attentions import is_open_attention_of, needs_a_human
from storefront.given_back import GivenBack, given_back, is_given_back
from storefront.glances import Glance
from storefront.languages import DEFAULT_LOCALE, Sentence
from storefront.lifecycle import ClosedReason, OrderStatus, PaymentStatus
from storefront.models import Order, Payment
from storefront.views.arrivals import Arrival, arrivals_of
from storefront.views.languages import language, spoken
from storefront.views.visitor import glance_at_own_or_404

Tone = Literal["waiting", "good", "bad", "neutral"]

# (age of the latest attempt in seconds, poll interval): ten thousand open pages stay cheap.
POLL_INTERVALS = ((30, 2), (120, 3), (300, 5), (900, 8))
LONGEST_INTERVAL = 13

STEPS = (Sentence("Placed"), Sentence("Paying"), Sentence("Confirmed"))


@dataclass(frozen=True, slots=True)
class Words:
    """How one situation is told. `step` is how many of STEPS are done."""

    title: Sentence
    sentence: Sentence
    tone: Tone
    step: int


UNPAID = Words(
    Sentence("Waiting for your payment"),
    Sentence("The goods are set aside for you. Nothing has been charged yet."),
    "waiting", 1,
)  # fmt: skip
DECLINED = Words(
    Sentence("The payment didn’t go through"),
    Sentence(
        "You were not charged. The goods are still set aside: try again, or use another card."
    ),
    "bad", 1,
)  # fmt: skip
PROCESSING = Words(
    Sentence("Your payment is on its way"),
    Sentence(
        "Stripe is working on it. With some banks this takes days, not seconds: "
        "you can close this page and come back. Please don’t pay again."
    ),
    "waiting", 2,
)  # fmt: skip
UNDER_REVIEW = Words(
    Sentence("We have your payment and are looking at it"),
    Sentence(
        "Something about it needs a human. You don’t have to do anything; please don’t pay again."
    ),
    "neutral", 2,
)  # fmt: skip
PAID = Words(
    Sentence("Paid. Thank you!"),
    Sentence("Stripe confirmed your payment. There is nothing left for you to do."),
    "good", 3,
)  # fmt: skip
REFUNDED = Words(
    Sentence("Refunded"),
    Sentence("All of the money is on its way back to you. Banks take five to ten days to show it."),
    "neutral", 3,
)  # fmt: skip
PARTIALLY_REFUNDED = Words(
    Sentence("Partly refunded"),
    Sentence(
        "A part of the money is on its way back to you. Banks take five to ten days to show it."
    ),
    "neutral", 3,
)  # fmt: skip
CANCELLED = Words(
    Sentence("Cancelled"),
    Sentence("You were not charged, and the goods are back on the shelf."),
    "neutral", 1,
)  # fmt: skip
EXPIRED = Words(
    Sentence("Expired"),
    Sentence("It wasn’t paid in time, so the goods are back on the shelf. You were not charged."),
    "neutral", 1,
)  # fmt: skip
REPLACED = Words(
    Sentence("Replaced by a newer order"),
    Sentence(
        "You changed what was in it, so it can’t be paid any more. You were not charged for it."
    ),
    "neutral", 1,
)  # fmt: skip
CANCELLED_REFUNDED = Words(
    Sentence("Cancelled"),
    Sentence("A payment arrived after the order was cancelled. It is being refunded in full."),
    "neutral", 1,
)  # fmt: skip

CLOSED_WORDS = {
    ClosedReason.CANCELLED: CANCELLED,
    ClosedReason.EXPIRED: EXPIRED,
    ClosedReason.REPLACED: REPLACED,
}
FINAL_WORDS = {
    OrderStatus.PAID: PAID,
    OrderStatus.REFUNDED: REFUNDED,
    OrderStatus.PARTIALLY_REFUNDED: PARTIALLY_REFUNDED,
}

# Stripe's own words for the commonest codes; it says them in English, whoever reads them.
# https://docs.stripe.com/declines/codes
REFUSED = Sentence("Your card was declined.")
FAILURES = {
    "expired_card": Sentence("Your card has expired."),
    "incorrect_cvc": Sentence("Your card’s security code is incorrect."),
    "insufficient_funds": Sentence("Your card has insufficient funds."),
    "processing_error": Sentence(
        "An error occurred while processing your card. Try again in a little bit."
    ),
    "payment_intent_authentication_failure": Sentence(
        "We are unable to authenticate your payment method. "
        "Please choose a different payment method and try again."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """Where an order stands, ready to be shown. Polling goes on while `is_waiting`.

    `tag` names this very view: as long as `tag_of_status` returns the same, nothing is new.
    """

    tag: str
    status: str
    title: str
    sentence: str
    tone: Tone
    steps: list[dict[str, str]]
    is_waiting: bool
    poll_seconds: int
    can_pay: bool
    can_cancel: bool
    failure_message: str | None
    arrivals: list[Arrival]
    given_back: GivenBack | None


def view_of_status(order: Order) -> StatusView:
    """Tell where an order stands. Reads the database only; never calls Stripe."""
    needs_look = needs_a_human(order.id)
    words = _words(order, needs_look=needs_look)
    is_payable = order.status == OrderStatus.PENDING
    began = max([order.created_at, *(each.created_at for each in order.payments)])
    return StatusView(
        tag=_tag(order, began, needs_look=needs_look),
        status=order.status,
        title=spoken(words.title),
        sentence=spoken(words.sentence),
        tone=words.tone,
        steps=_steps(words.step),
        is_waiting=is_payable or words is PROCESSING,
        poll_seconds=poll_seconds(_age(began)),
        can_pay=is_payable,
        can_cancel=is_payable,
        failure_message=_failure(order.payments[-1]) if words is DECLINED else None,
        arrivals=arrivals_of(order),
        given_back=given_back(order),
    )


def tag_of_status(token: str) -> str:
    """Return the tag that the order's view would have now, in one read; 404 for anybody else's."""
    return _tag_of(glance_at_own_or_404(_STANDING, token))


def tag_of_newest(owner: str) -> str | None:
    """Return the tag that the view of somebody's newest order would have now, in one read."""
    found = next(iter(_STANDING_OF_NEWEST(owner=owner)), None)
    return _tag_of(found) if found else None


# Whatever a waiting order's view shows changes its version, but for these two: time goes by, and a
# human is asked for, or has looked.
_standing = select(
    Order.owner,
    Order.number,
    Order.version,
    Order.created_at,
    select(func.max(Payment.created_at))
    .where(Payment.order_id == Order.id)
    .scalar_subquery()
    .label("last_attempt_at"),
    is_open_attention_of(Order.id).label("needs_look"),
)
_STANDING = Glance(_standing.where(Order.token == bindparam("token")))
_STANDING_OF_NEWEST = Glance(
    _standing.where(Order.owner == bindparam("owner"))
    .order_by(Order.created_at.desc(), Order.id)
    .limit(1)
)


def _tag_of(found: Any) -> str:
    began = max(found.created_at, found.last_attempt_at or found.created_at)
    return _tag(found, began, needs_look=found.needs_look)


def _tag(order: Any, began: datetime, *, needs_look: bool) -> str:
    every = poll_seconds(_age(began))
    return f"{order.number}-{order.version}-{every}-{needs_look:d}-{language()}"


def poll_seconds(age: float) -> int:
    """Return how long a page waits before it asks again, `age` seconds after the last attempt."""
    return next((every for limit, every in POLL_INTERVALS if age < limit), LONGEST_INTERVAL)


def _words(order: Order, *, needs_look: bool) -> Words:
    if order.status == OrderStatus.PROCESSING:
        has_arrived = any(each.status == PaymentStatus.SUCCEEDED for each in order.payments)
        return UNDER_REVIEW if has_arrived or needs_look else PROCESSING
    if order.status == OrderStatus.CANCELLED:
        if any(each.status == PaymentStatus.SUCCEEDED for each in order.payments):
            return CANCELLED_REFUNDED if is_given_back(order.id) else UNDER_REVIEW
        return CLOSED_WORDS[ClosedReason(order.closed_reason or "")]
    if order.status == OrderStatus.PENDING:
        last = order.payments[-1] if order.payments else None
        return DECLINED if last and last.status == PaymentStatus.FAILED else UNPAID
    return FINAL_WORDS[OrderStatus(order.status)]


def _failure(payment: Payment) -> str | None:
    """Tell why a payment failed: in English as Stripe did, in other languages by its code."""
    if language() == DEFAULT_LOCALE:
        return payment.failure_message
    return spoken(FAILURES.get(payment.failure_code or "", REFUSED))


def _age(began: datetime) -> float:
    return (clock.now() - began).total_seconds()


def _steps(done: int) -> list[dict[str, str]]:
    states = ["done"] * done + ["current"] + ["todo"] * len(STEPS)
    return [
        {"label": spoken(label), "state": state}
        for label, state in zip(STEPS, states, strict=False)
    ]
