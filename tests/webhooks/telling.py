"""Events that Stripe could send and the sandbox didn't: its own, retold with something changed.

Every retold event keeps the complete shape of the real one that it was made from.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.shop import Shop

Event = dict[str, Any]
FOUR_DAYS = 4 * 24 * 3600
_numbers = itertools.count(1)


def retold(
    event: Event, *, as_: str | None = None, at: int | None = None, **changes: object
) -> Event:
    """Return another event like `event`, of the type `as_`, `at` another second.

    `changes` go to the object inside; those of its metadata are added to what is there.
    """
    copy: Event = json.loads(json.dumps(event))
    copy["id"] = f"{event['id']}x{next(_numbers)}"
    copy["type"] = as_ or event["type"]
    copy["created"] = event["created"] if at is None else at
    found = copy["data"]["object"]
    found["metadata"] = {**found["metadata"], **dict(changes.pop("metadata", {}))}  # type: ignore[call-overload]
    found.update(changes)
    return copy


def without_metadata(event: Event, *names: str) -> Event:
    """Return another event like `event`, whose object lacks these (or all) words of ours."""
    copy = retold(event)
    metadata = copy["data"]["object"]["metadata"]
    for name in names or list(metadata):
        del metadata[name]
    return copy


def paid(shop: Shop, flow: str = "payment_intent") -> str:
    """Buy and pay, and deliver nothing yet; returns the order's token."""
    token = shop.visitor().buy(flow)
    shop.pay(token)
    return token


def the(shop: Shop, type_: str) -> Event:
    """Return the one event of a type, as the sandbox would deliver it."""
    [found] = [event for event in shop.events() if event["type"] == type_]
    return found


def outcome_of(shop: Shop, event: Event) -> str:
    """Deliver an event that is answered 200; returns the outcome."""
    response = shop.sign_and_post(event)
    assert response.status_code == 200, response.text
    return str(response.json["outcome"])


def by_bank_debit(shop: Shop) -> tuple[str, dict[str, Event]]:
    """Buy on Stripe's page by a method whose money takes days; returns the order's token.

    The events are the sandbox's for a card, retold: `completed`, `processing` at once, and, four
    days later, `intent_succeeded` and `succeeded`, or `intent_failed` and `failed`.
    """
    token = paid(shop, "checkout_session")
    session = the(shop, "checkout.session.completed")
    intent = the(shop, "payment_intent.succeeded")
    later = session["created"] + FOUR_DAYS
    open_ = {"amount_received": 0, "latest_charge": None}
    error = {
        "type": "card_error", "code": "payment_intent_payment_attempt_failed",
        "message": "The customer’s bank account could not be debited.",
        "doc_url": "https://docs.stripe.com/error-codes", "decline_code": None,
    }  # fmt: skip
    failed = {**open_, "status": "requires_payment_method", "last_payment_error": error}
    asynchronously = "checkout.session.async_payment_"
    return token, {
        "completed": retold(session, payment_status="unpaid"),
        "processing": retold(intent, as_="payment_intent.processing", status="processing", **open_),
        "intent_succeeded": retold(intent, at=later),
        "succeeded": retold(session, as_=f"{asynchronously}succeeded", at=later),
        "intent_failed": retold(intent, as_="payment_intent.payment_failed", at=later, **failed),
        "failed": retold(session, as_=f"{asynchronously}failed", at=later, payment_status="unpaid"),
    }
