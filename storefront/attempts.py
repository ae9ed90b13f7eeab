"""Attempts to pay: at most one live one per order, each written ahead of its call to Stripe.

The payment's row is committed first and the idempotency key comes from that row. So whatever is
lost on the way, asking again is the same request.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from storefront import calls, clock, errands
from storefront.attentions import MANY_ATTEMPTS, open_attention
from storefront.binding import Attempts, attempts_of_order
from storefront.db import reading, transaction
from storefront.decisions import Outcome
from storefront.events import apply_answer
from storefront.gateway import Answer, gateway
from storefront.gateway_errors import GatewayMisuse, KeySpent
from storefront.lifecycle import Flow, OrderStatus, PaymentStatus, is_payable
from storefront.models import Order, Payment
from storefront.params import NO_TERMS, AttemptToMake, Terms
from storefront.standing import change_payment, order_facts
from storefront.transitions import Move, change_order, record_transitions

# Stripe's minimum is 30 minutes from creation, by its own clock; the rest leaves time to ask again,
# and room for clocks that differ.
SESSION_LIFETIME = timedelta(minutes=45)
# The goods stay set aside for this long after a session can't be paid any more.
HOLD_AFTER_SESSION = timedelta(minutes=5)
# How far Stripe's clock may be behind ours when we look for what we made.
CLOCK_SKEW = timedelta(minutes=10)
# Stripe keeps an idempotency key for 24 hours at least; with an older one it would make another
# object. https://docs.stripe.com/api/idempotent_requests
KEY_LIFETIME = timedelta(hours=23)
# More than anybody needs who changes their mind, and few for somebody who tries out cards.
MOST_ATTEMPTS = 20
# The failure of an attempt that made nothing at Stripe.
UNMADE = "not_made"


class OrderNotPayable(Exception):
    """The order is paid, being paid, or closed; `status` says which."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}.")
        self.status = status


class TooManyAttempts(Exception):
    """The order had MOST_ATTEMPTS; it gets no other."""


class AttemptGone(GatewayMisuse):
    """Stripe has no object for the attempt and makes none; it is closed, if no money of it came."""


def live_payment(order_id: str) -> Payment | None:
    """Return the one attempt of an order that can still take money."""
    with reading() as session:
        return session.scalar(select(Payment).where(Payment.order_id == order_id, Payment.is_live))


def has_live_payment(session: Session, order_id: str) -> bool:
    """Say whether an attempt of the order can still take money."""
    live = select(func.count()).where(Payment.order_id == order_id, Payment.is_live)
    return bool(session.scalar(live))


@transaction
def live_or_new(session: Session, order_id: str, flow: Flow, terms: Terms = NO_TERMS) -> Payment:
    """Return the order's live attempt, whichever it is, or write one of these terms ahead.

    The last attempt that an order gets asks for a human. Raises OrderNotPayable, TooManyAttempts.
    """
    order = session.get_one(Order, order_id)
    refuse_unpayable(order)
    live = next((each for each in order.payments if each.is_live), None)
    if live:
        return live
    _count_attempts(session, order)
    now = clock.now()
    payment = Payment(
        order_id=order.id,
        owner=order.owner,
        attempt=len(order.payments) + 1,
        flow=flow,
        amount=order.amount_total,
        currency=order.currency,
        success_url=terms.success_url,
        cancel_url=terms.cancel_url,
        client_metadata=dict(terms.metadata),
        expires_at=now + SESSION_LIFETIME if flow == Flow.CHECKOUT_SESSION else None,
        created_at=now,
        updated_at=now,
    )
    held_until = max(order.expires_at, (payment.expires_at or now) + HOLD_AFTER_SESSION)
    change_order(session, order.id, order.version, expires_at=held_until)
    session.add(payment)
    session.flush()
    record_transitions(
        session, [Move(order.id, payment.id, None, PaymentStatus.PENDING)], cause="shopper"
    )
    return payment


def _count_attempts(session: Session, order: Order) -> None:
    made = len(order.payments)
    if made >= MOST_ATTEMPTS:
        raise TooManyAttempts
    if made == MOST_ATTEMPTS - 1:
        open_attention(session, MANY_ATTEMPTS, order_id=order.id, currency=order.currency)


def refuse_unpayable(order: Order) -> None:
    """Raise OrderNotPayable for an order that is paid, being paid, or closed."""
    if not is_payable(OrderStatus(order.status)):
        raise OrderNotPayable(order.status)


def bring_about(payment: Payment) -> Answer:
    """Create the payment's Stripe object or read it again, and apply what it says.

    Raises AttemptGone, and the gateway's errors.
    """
    stripe_id = stripe_id_of(payment)
    with calls.kept_with(payment.id):
        return _read(payment, stripe_id) if stripe_id else _make(payment)


def retire(payment: Payment) -> None:
    """Stop the attempt at Stripe and apply what Stripe says became of it.

    An attempt whose creation got no answer is created first: only so can it be stopped.
    """
    with suppress(AttemptGone), calls.kept_with(payment.id):
        stripe_id = stripe_id_of(payment)
        if stripe_id is None:
            created = _make(payment).snapshot
            stripe_id = created.checkout_session_id or created.payment_intent_id or ""
        _stop(payment, stripe_id)


def stripe_id_of(payment: Payment) -> str | None:
    """Return the id of the object that the flow is named after."""
    if payment.flow == Flow.PAYMENT_INTENT:
        return payment.payment_intent_id
    return payment.checkout_session_id


def terms_of(payment: Payment) -> Terms:
    """Return what was asked of the attempt when it was written down."""
    return Terms(
        success_url=payment.success_url,
        cancel_url=payment.cancel_url,
        metadata=payment.client_metadata,
    )


@transaction
def close_unmade(session: Session, payment_id: str) -> bool:
    """Close an attempt that made nothing at Stripe, unless it was heard of since that was seen.

    Its number and its key are never used again. Should its request be under way after all, what
    it makes is known by its metadata and opens the attempt again.
    """
    among, payment = _among_its_order(session, payment_id)
    if not payment.is_live or payment.payment_intent_id or payment.checkout_session_id:
        return False
    _close(session, among, payment, UNMADE)
    return True


def _make(payment: Payment) -> Answer:
    """Create the attempt's object, or find it: an old key no longer keeps Stripe from a second."""
    if clock.now() - payment.created_at < KEY_LIFETIME:
        return _create(payment)
    return _look_up(payment, GatewayMisuse("The idempotency key is too old.", code=UNMADE))


def _create(payment: Payment) -> Answer:
    attempt = _attempt_to_make(payment)
    try:
        if payment.flow == Flow.PAYMENT_INTENT:
            answer = gateway().create_payment_intent(attempt)
        else:
            answer = gateway().create_checkout_session(attempt)
    except KeySpent as error:
        return _look_up(payment, error)
    except GatewayMisuse as error:
        if error.is_refusal:
            _give_up(payment.id, error.code)
            raise AttemptGone(str(error), code=error.code) from error
        raise
    return _applied(answer)


def _look_up(payment: Payment, error: GatewayMisuse) -> Answer:
    """Find what the attempt made while its key was good; only if there is nothing, give up."""
    since = int((payment.created_at - CLOCK_SKEW).timestamp())
    stripe_id = gateway().find(Flow(payment.flow), payment.id, since=since)
    if stripe_id:
        return _read(payment, stripe_id)
    _give_up(payment.id, error.code)
    raise AttemptGone(str(error), code=error.code) from error


def _read(payment: Payment, stripe_id: str) -> Answer:
    try:
        answer = gateway().retrieve(Flow(payment.flow), stripe_id)
    except GatewayMisuse as error:
        if error.code == "resource_missing" and payment.status != PaymentStatus.PROCESSING:
            _give_up(payment.id, error.code)
            raise AttemptGone(str(error), code=error.code) from error
        raise
    return _applied(answer)


def _stop(payment: Payment, stripe_id: str) -> None:
    try:
        _applied(gateway().retire(Flow(payment.flow), stripe_id))
    except GatewayMisuse:
        _read(payment, stripe_id)


def _applied(answer: Answer) -> Answer:
    """Apply an answer; one that isn't about a payment of ours may not be used to pay."""
    done = apply_answer(answer)
    if done.outcome not in {Outcome.APPLIED, Outcome.STALE}:
        raise GatewayMisuse(f"Stripe's object isn't this payment's: {done.outcome}.")
    if done.has_calls:
        errands.run(at_most=1)
    return answer


def _attempt_to_make(payment: Payment) -> AttemptToMake:
    with reading() as session:
        order = session.get_one(Order, payment.order_id)
    return AttemptToMake(
        payment_id=payment.id,
        order_id=order.id,
        order_number=order.number,
        order_token=order.token,
        email=order.email,
        locale=order.locale,
        amount=payment.amount,
        currency=payment.currency,
        lines=tuple((each.name, each.unit_amount, each.quantity) for each in order.line_items),
        expires_at=int(payment.expires_at.timestamp()) if payment.expires_at else None,
        terms=terms_of(payment),
    )


@transaction
def _give_up(session: Session, payment_id: str, code: str | None) -> None:
    """Close an attempt that Stripe has no object for, so that a new one may be made.

    Unless its money came or set out meanwhile: whoever looks again finds the order so.
    """
    among, payment = _among_its_order(session, payment_id)
    if payment.status not in {PaymentStatus.PROCESSING, PaymentStatus.SUCCEEDED}:
        _close(session, among, payment, code)


def _among_its_order(session: Session, payment_id: str) -> tuple[Attempts, Row[Any]]:
    """Read a payment with its order's version, which guards it, in one query."""
    of_order = select(Payment.order_id).where(Payment.id == payment_id)
    attempts = attempts_of_order(session, session.scalars(of_order).one())
    return attempts, next(each for each in attempts if each.id == payment_id)


def _close(session: Session, attempts: Attempts, payment: Row[Any], code: str | None) -> None:
    closed = {"status": PaymentStatus.CANCELED, "is_live": False, "failure_code": code}
    change_payment(session, attempts, payment, closed, order=order_facts(payment), cause="stripe")
