"""Place an order, start either flow, cancel."""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy.orm import Session

from storefront import catalog, clock
from storefront.attempts import (
    AttemptGone,
    OrderNotPayable,
    bring_about,
    has_live_payment,
    live_or_new,
    live_payment,
    refuse_unpayable,
    retire,
    stripe_id_of,
    terms_of,
)
from storefront.cart import CartView, current_cart, lines_of_cart, pending_order
from storefront.cart_changes import copy_of_cart, freeze_cart
from storefront.config import settings
from storefront.db import reading, transaction
from storefront.evidence import Snapshot
from storefront.gateway_errors import GatewayBusy, GatewayUnavailable
from storefront.holds import refuse_greed
from storefront.languages import Sentence
from storefront.lifecycle import ClosedReason, Flow, OrderStatus, PaymentStatus
from storefront.models import LineItem, Order
from storefront.money import format_money, is_chargeable
from storefront.params import NO_TERMS, Terms
from storefront.transitions import Move, change_order, record_transitions

MOST_ROUNDS = 4
CONFLICT_SECONDS = 0.5


class CheckoutRefused(Exception):
    """No order was placed and nothing was charged; the sentence says what to do."""


class CartEmpty(CheckoutRefused):
    """There is nothing to order."""


class CartChanged(CheckoutRefused):
    """A price or the stock changed since the shopper last looked."""


class InvalidAmount(CheckoutRefused):
    """Stripe takes no payment of this size."""


def place_order(owner: str, *, email: str | None, locale: str) -> Order:
    """Make an order of the visitor's cart and take its stock, or resume the one that was made.

    Double clicks, reloads and the back button find the same order; another e-mail address makes
    a new one and cancels the old, unless that is being paid: then it is returned as it stands.
    Calls Stripe only for that. Raises CheckoutRefused and HoldsTooMuch.
    """
    pending = pending_order(owner)
    if pending and pending.email != email:
        try:
            open_cart(owner)
        except OrderNotPayable:
            return pending
    return _place(owner, email, locale)


def open_cart(owner: str) -> None:
    """Make sure that the visitor's cart can be changed.

    If it was ordered and isn't paid, that order is cancelled at Stripe and here: an old tab can't
    pay for what is about to change. Raises OrderNotPayable when it is too late for that.
    """
    with reading() as session:
        cart, pending = current_cart(session, owner)
    if cart and pending:
        try:
            cancel_order(pending.id, ClosedReason.REPLACED)
        except OrderNotPayable as refusal:
            if refusal.status != OrderStatus.CANCELLED:
                raise


def start_payment_intent(order_id: str, terms: Terms = NO_TERMS) -> Snapshot:
    """Return the PaymentIntent that pays the order; see `_start`."""
    return _start(order_id, Flow.PAYMENT_INTENT, terms)


def start_checkout_session(order_id: str, terms: Terms = NO_TERMS) -> Snapshot:
    """Return the Checkout Session that pays the order, at its `checkout_url`; see `_start`."""
    snapshot = _start(order_id, Flow.CHECKOUT_SESSION, terms)
    if snapshot.checkout_url is None:
        raise GatewayUnavailable("Stripe gave no address to pay at.")
    return snapshot


def resume_payment_intent(order_id: str) -> Snapshot | None:
    """Return the PaymentIntent under way, read at Stripe; None when there is none to pay."""
    payment = live_payment(order_id)
    if payment is None or payment.payment_intent_id is None or payment.flow != Flow.PAYMENT_INTENT:
        return None
    try:
        snapshot = bring_about(payment).snapshot
    except AttemptGone:
        return None
    return snapshot if live_payment(order_id) and snapshot.status in MOUNTABLE else None


# https://docs.stripe.com/payments/paymentintents/lifecycle; Elements refuse the other statuses.
MOUNTABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def refresh(order_id: str) -> None:
    """Ask Stripe once about the order's open attempt and apply the answer like any event."""
    payment = live_payment(order_id)
    if payment and stripe_id_of(payment):
        bring_about(payment)


def cancel_order(order_id: str, reason: ClosedReason = ClosedReason.CANCELLED) -> None:
    """Stop the order's attempt at Stripe, then close it and release its stock, once.

    Raises OrderNotPayable when money is on its way, GatewayUnavailable when Stripe can't be asked:
    nothing is released then.
    """
    for _ in range(MOST_ROUNDS):
        with reading() as session:
            _refuse_closing(session.get_one(Order, order_id), reason)
        if payment := live_payment(order_id):
            retire(payment)
        if _close(order_id, reason):
            return
    raise GatewayUnavailable("The payment under way couldn't be stopped. Try again in a moment.")


def _start(order_id: str, flow: Flow, terms: Terms) -> Snapshot:
    """Return the one open Stripe object through which the order can be paid by `flow`.

    There is at most one live attempt: an unfinished one of the same flow and terms is resumed, any
    other is stopped at Stripe first. Raises OrderNotPayable when the order has been paid,
    closed, or is being paid, and the gateway's errors.
    """
    refused = False
    for _ in range(MOST_ROUNDS):
        try:
            snapshot = _one_round(order_id, flow, terms)
        except GatewayBusy:
            time.sleep(CONFLICT_SECONDS)
        except AttemptGone:
            if refused:
                raise
            refused = True
        else:
            if snapshot:
                return snapshot
    raise GatewayUnavailable("The payment couldn't be started. Try again in a moment.")


def _one_round(order_id: str, flow: Flow, terms: Terms) -> Snapshot | None:
    """Come one step nearer to an open attempt of `flow`; None when there is more to do."""
    payment = live_or_new(order_id, flow, terms)
    if payment.flow != flow or terms_of(payment) != terms:
        retire(payment)
        return None
    snapshot = bring_about(payment).snapshot
    live = live_payment(order_id)
    is_open = live and live.id == payment.id and live.status != PaymentStatus.PROCESSING
    return snapshot if is_open else None


@transaction
def _place(session: Session, owner: str, email: str | None, locale: str) -> Order:
    """Freeze the cart before it is read, so that what is ordered is what is in it."""
    cart, pending = current_cart(session, owner)
    if pending:
        return pending
    if cart is None:
        raise CartEmpty(Sentence("Your cart is empty."))
    freeze_cart(session, cart)
    lines = lines_of_cart(session, cart, locale)
    view = CartView(id=cart.id, currency=cart.currency, lines=lines)
    _refuse_unready(view, locale)
    refuse_greed(session, owner, view.count)
    catalog.take(session, [(line.product_id, line.quantity) for line in lines])
    now = clock.now()
    order = Order(
        cart_id=view.id,
        owner=owner,
        email=email,
        locale=locale,
        currency=view.currency,
        amount_total=view.amount_total,
        created_at=now,
        expires_at=now + timedelta(minutes=settings().order_hold_minutes),
        line_items=[
            LineItem(
                product_id=line.product_id,
                name=line.name,
                image=line.image,
                unit_amount=line.unit_amount,
                quantity=line.quantity,
                amount=line.amount,
            )
            for line in view.lines
        ],
    )
    session.add(order)
    session.flush()
    record_transitions(session, [Move(order.id, None, None, OrderStatus.PENDING)], cause="shopper")
    return order


def _refuse_unready(view: CartView, locale: str) -> None:
    if view.is_empty:
        raise CartEmpty(Sentence("Your cart is empty."))
    if view.notices:
        raise CartChanged(Sentence("Something changed since you last looked at your cart."))
    if not is_chargeable(view.amount_total, view.currency):
        total = format_money(view.amount_total, view.currency, locale)
        raise InvalidAmount(
            Sentence("Stripe doesn’t take a payment of %(total)s. Change the cart.", total=total)
        )


def _refuse_closing(order: Order, reason: ClosedReason) -> None:
    """Raise OrderNotPayable for an order that is paid, and for one that isn't due to expire."""
    refuse_unpayable(order)
    if reason is ClosedReason.EXPIRED and order.expires_at > clock.now():
        raise OrderNotPayable(order.status)


@transaction
def _close(session: Session, order_id: str, reason: ClosedReason) -> bool:
    """Close the order and release its stock; False while an attempt can still take money.

    A replaced order leaves an open copy of its cart, in the same transaction.
    """
    order = session.get_one(Order, order_id)
    _refuse_closing(order, reason)
    if has_live_payment(session, order_id):
        return False
    record_transitions(
        session,
        [Move(order.id, None, order.status, OrderStatus.CANCELLED)],
        cause="expiry" if reason is ClosedReason.EXPIRED else "shopper",
    )
    change_order(
        session,
        order.id,
        order.version,
        status=OrderStatus.CANCELLED,
        closed_at=clock.now(),
        closed_reason=reason,
    )
    catalog.put_back(session, order_id)
    if reason is ClosedReason.REPLACED:
        copy_of_cart(session, order.cart_id)
    return True
