"""Payments: start either flow, look how it went."""

from __future__ import annotations

from typing import Any

from flask import abort

from storefront import checkout, owned
from storefront.params import Terms
from storefront.scopes import Scope
from storefront.views.api.access import caller
from storefront.views.api.blueprint import operation
from storefront.views.api.errors import ErrorCode
from storefront.views.api.inputs import CheckoutSessionRequest, PageQuery, PaymentRequest
from storefront.views.api.languages import locale
from storefront.views.api.outputs import (
    CheckoutSessionStarted,
    Payment,
    PaymentPage,
    PaymentStarted,
)
from storefront.views.limits import begins_payment

REFUSALS = (
    ErrorCode.NOT_FOUND,
    ErrorCode.CART_EMPTY,
    ErrorCode.INSUFFICIENT_STOCK,
    ErrorCode.PRICE_CHANGED,
    ErrorCode.INVALID_AMOUNT,
    ErrorCode.ORDER_ALREADY_PAID,
    ErrorCode.ORDER_CLOSED,
    ErrorCode.TOO_MANY_ATTEMPTS,
    ErrorCode.TOO_MUCH_HELD,
    ErrorCode.PAYMENT_PROCESSING,
)


@operation(
    "POST /payments",
    scope=Scope.PAYMENTS_WRITE,
    takes=PaymentRequest,
    returns=(201, PaymentStarted),
    refuses=REFUSALS,
    calls_stripe=True,
)
@begins_payment
def create_payment(asked: dict[str, Any]) -> dict[str, Any]:
    """Start a payment on your own page.

    Places an order of your cart, or finds the one that waits to be paid, and returns the
    PaymentIntent that pays it. Give its `client_secret` to Stripe.js. The same request for the
    same cart gives the same order and payment; one of the other flow, or with other metadata,
    stops the payment before it, so that an order can't be paid twice.
    """
    terms = Terms(metadata=asked["metadata"])
    snapshot = checkout.start_payment_intent(_order_to_pay(asked), terms)
    payment = _payment(snapshot.payment_id or "")
    return {
        **payment,
        "payment_id": payment["id"],
        "payment_intent": {
            "id": snapshot.payment_intent_id,
            "status": snapshot.status,
            "amount": snapshot.amount,
            "currency": snapshot.currency,
            "client_secret": snapshot.client_secret,
        },
    }


@operation(
    "POST /payments:createCheckoutSession",
    scope=Scope.PAYMENTS_WRITE,
    takes=CheckoutSessionRequest,
    returns=(201, CheckoutSessionStarted),
    refuses=REFUSALS,
    calls_stripe=True,
)
@begins_payment
def create_checkout_session(asked: dict[str, Any]) -> dict[str, Any]:
    """Start a payment on the page that Stripe hosts.

    Like `POST /v1/payments`, by the other flow: send the shopper to `checkout_url`. Other
    addresses or other metadata for the same order stop the session before it.
    """
    terms = Terms(
        success_url=asked["success_url"],
        cancel_url=asked["cancel_url"],
        metadata=asked["metadata"],
    )
    snapshot = checkout.start_checkout_session(_order_to_pay(asked), terms)
    return {
        "checkout_url": snapshot.checkout_url,
        "session_id": snapshot.checkout_session_id,
        "order_id": snapshot.order_id,
        "payment_id": snapshot.payment_id,
    }


@operation("GET /payments", scope=Scope.PAYMENTS_READ, takes=PageQuery, returns=(200, PaymentPage))
def list_payments(page: dict[str, Any]) -> owned.Page:
    """List your payments, newest first."""
    return owned.payments_of(caller().user_id, **page)


@operation("GET /payments/<id:payment_id>", scope=Scope.PAYMENTS_READ, returns=(200, Payment))
def get_payment(payment_id: str) -> owned.Record:
    """Look at a payment, by its own id or its PaymentIntent's.

    Reads the shop's record and never asks Stripe, so it may be polled.
    """
    return _payment(payment_id)


def _order_to_pay(asked: dict[str, Any]) -> str:
    """Return the id of the order that the source names; 404 for one that isn't the caller's."""
    if asked["source_type"] == "cart":
        return checkout.place_order(caller().user_id, email=None, locale=locale()).id
    order = owned.order_of(caller().user_id, asked["source_id"]) or abort(404)
    return str(order["id"])


def _payment(payment_id: str) -> owned.Record:
    return owned.payment_of(caller().user_id, payment_id) or abort(404)
