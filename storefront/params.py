"""What the shop asks Stripe to make, in Stripe's own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storefront.config import Settings

STRIPE_LOCALES: Mapping[str, str] = {"en": "en", "zh_Hant_TW": "zh-TW"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an API client asks of an attempt beside its flow; the shop's own pages ask nothing.

    `metadata` goes to Stripe beside ours, and never in its place.
    """

    success_url: str | None = None
    cancel_url: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


NO_TERMS = Terms()
# What the shop finds its own payments by at Stripe.
OUR_METADATA = ("store_id", "order_id", "payment_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptToMake:
    """What creates the Stripe object of one payment.

    It comes from committed rows alone, so that every retry is the same request under the same
    idempotency key.
    """

    payment_id: str
    order_id: str
    order_number: str
    order_token: str
    email: str | None
    locale: str
    amount: int
    currency: str
    lines: tuple[tuple[str, int, int], ...]
    expires_at: int | None
    terms: Terms = NO_TERMS


def payment_intent_params(attempt: AttemptToMake, settings: Settings) -> dict[str, Any]:
    """Return the parameters of a PaymentIntent: https://docs.stripe.com/api/payment_intents."""
    return {
        "amount": attempt.amount,
        "currency": attempt.currency,
        "automatic_payment_methods": {"enabled": True},
        **_shared(attempt, settings),
    }


def checkout_session_params(attempt: AttemptToMake, settings: Settings) -> dict[str, Any]:
    """Return the parameters of a Checkout Session: https://docs.stripe.com/api/checkout/sessions.

    The metadata is given twice: Stripe doesn't copy a session's onto its PaymentIntent.
    """
    shared = _shared(attempt, settings)
    return {
        "mode": "payment",
        "line_items": [_line_item(line, attempt.currency) for line in attempt.lines],
        **({"customer_email": attempt.email} if attempt.email else {}),
        "client_reference_id": attempt.order_id,
        "locale": STRIPE_LOCALES.get(attempt.locale, "auto"),
        "expires_at": attempt.expires_at,
        "success_url": attempt.terms.success_url
        or settings.absolute_url(f"/return?order={attempt.order_token}"),
        "cancel_url": attempt.terms.cancel_url
        or settings.absolute_url(f"/orders/{attempt.order_token}"),
        "metadata": shared["metadata"],
        "payment_intent_data": shared,
    }


def _shared(attempt: AttemptToMake, settings: Settings) -> dict[str, Any]:
    return {
        "description": f"Order {attempt.order_number}",
        **({"receipt_email": attempt.email} if attempt.email else {}),
        "metadata": {
            **attempt.terms.metadata,
            "store_id": settings.store_id,
            "order_id": attempt.order_id,
            "payment_id": attempt.payment_id,
        },
    }


def _line_item(line: tuple[str, int, int], currency: str) -> dict[str, Any]:
    name, unit_amount, quantity = line
    price = {"currency": currency, "unit_amount": unit_amount, "product_data": {"name": name}}
    return {"price_data": price, "quantity": quantity}
