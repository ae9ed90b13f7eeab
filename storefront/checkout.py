"""Place an order, start either flow, cancel.

Every call to Stripe is written ahead: the payment's row is committed first, and the idempotency
key comes from that row. So whatever is lost on the way, asking again is the same request.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storefront import catalog, clock
from storefront.cart import CartView, copy_of_cart, current_cart, view_of_cart
from storefront.config import settings
from storefront.db import LostRace, reading, rowcount_of, transaction
from storefront.evidence import Snapshot
from storefront.gateway import Answer, AttemptToMake, GatewayMisuse, GatewayUnavailable, gateway
from storefront.lifecycle import ClosedReason, Flow, OrderStatus, PaymentStatus, is_payable
from storefront.models import Cart, LineItem, Order, Payment, Transition
from storefront.money import format_money, is_chargeable
from storefront.payments import apply_answer

# Stripe's minimum is 30 minutes from creation; the rest leaves time to ask again.
SESSION_LIFETIME = timedelta(minutes=35)
# The goods stay set aside for this long after a session can't be paid any more.
HOLD_AFTER_SESSION = timedelta(minutes=5)
MOST_ROUNDS = 4


class CheckoutRefused(Exception):
    """No order was placed and nothing was charged; the sentence says what to do."""


class CartEmpty(CheckoutRefused):
    """There is nothing to order."""


class CartChanged(CheckoutRefused):
    """A price or the stock changed since the shopper last looked."""


class InvalidAmount(CheckoutRefused):
    """Stripe takes no payment of this size."""


class OrderNotPayable(Exception):
    """The order is paid, being paid, or closed; `status` says which."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The order is {status}.")
        self.status = status


def place_order(owner: str, *, email: str, locale: str) -> Order:
    """Make an order of the visitor's cart and take its stock, or resume the one that was made.

    Double clicks, reloads and the back button find the same order; another e-mail address makes
    a new one and cancels the old. Calls Stripe only for that. Raises CheckoutRefused.
    """
    with reading() as session:
        _, pending = current_cart(session, owner)
    if pending and pending.email != email:
        open_cart(owner)
    return _place(owner, email, locale)


def open_cart(owner: str) -> None:
    """Make sure that the visitor's cart can be changed.

    If it was ordered and isn't paid, that order is cancelled at Stripe and here: an old tab can't
    pay for what is about to change. Raises OrderNotPayable when it is too late for that.
    """
    with reading() as session:
        cart, pending = current_cart(session, owner)
    if cart and pending:
        cancel_order(pending.id, ClosedReason.REPLACED)
        _open_copy(cart.id)


def start_payment_intent(order_id: str) -> Snapshot:
    """Return the PaymentIntent that pays the order; see `_start`."""
    return _start(order_id, Flow.PAYMENT_INTENT)


def start_checkout_session(order_id: str) -> str:
    """Return the `checkout_url` that pays the order; see `_start`."""
    snapshot = _start(order_id, Flow.CHECKOUT_SESSION)
    if snapshot.checkout_url is None:
        raise GatewayUnavailable("Stripe gave no address to pay at.")
    return snapshot.checkout_url


def resume_payment_intent(order_id: str) -> Snapshot | None:
    """Return the PaymentIntent under way, read at Stripe; None when there is none to pay."""
    payment = _live_payment(order_id)
    if payment is None or payment.flow != Flow.PAYMENT_INTENT:
        return None
    snapshot = _bring_about(payment).snapshot
    return snapshot if _live_payment(order_id) and snapshot.status in MOUNTABLE else None


# https://docs.stripe.com/payments/paymentintents/lifecycle; Elements refuse the other statuses.
MOUNTABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}


def refresh(order_id: str) -> None:
    """Ask Stripe once about the order's open attempt and apply the answer like any event."""
    payment = _live_payment(order_id)
    if payment and stripe_id_of(payment):
        _bring_about(payment)


def cancel_order(order_id: str, reason: ClosedReason = ClosedReason.CANCELLED) -> None:
    """Stop the order's attempt at Stripe, then close it and release its stock, once.

    Raises OrderNotPayable when money is on its way, GatewayUnavailable when Stripe can't be asked:
    nothing is released then.
    """
    for _ in range(MOST_ROUNDS):
        if payment := _live_payment(order_id):
            _retire(payment)
        if _close(order_id, reason):
            return
    raise GatewayUnavailable("The payment under way couldn't be stopped. Try again in a moment.")


def _start(order_id: str, flow: Flow) -> Snapshot:
    """Return the one open Stripe object through which the order can be paid by `flow`.

    There is at most one live attempt: an unfinished one of the same flow is resumed, one of the
    other flow is stopped at Stripe first. Raises OrderNotPayable when the order has been paid,
    closed, or is being paid, and the gateway's errors.
    """
    for _ in range(MOST_ROUNDS):
        payment = _live_or_new(order_id, flow)
        if payment.flow != flow:
            _retire(payment)
            continue
        snapshot = _bring_about(payment).snapshot
        live = _live_payment(order_id)
        if live and live.id == payment.id and live.status != PaymentStatus.PROCESSING:
            return snapshot
    raise GatewayUnavailable("The payment couldn't be started. Try again in a moment.")


def _bring_about(payment: Payment) -> Answer:
    """Create the payment's Stripe object or read it again, and apply what it says."""
    stripe_id = stripe_id_of(payment)
    flow = Flow(payment.flow)
    answer = gateway().retrieve(flow, stripe_id) if stripe_id else _create(payment)
    apply_answer(answer)
    return answer


def stripe_id_of(payment: Payment) -> str | None:
    """Return the id of the object that the flow is named after."""
    if payment.flow == Flow.PAYMENT_INTENT:
        return payment.payment_intent_id
    return payment.checkout_session_id


def _create(payment: Payment) -> Answer:
    attempt = _attempt_to_make(payment)
    try:
        if payment.flow == Flow.PAYMENT_INTENT:
            return gateway().create_payment_intent(attempt)
        return gateway().create_checkout_session(attempt)
    except GatewayMisuse as error:
        if error.is_refusal:
            _give_up(payment.id, error.code)
        raise


def _retire(payment: Payment) -> None:
    """Stop the attempt at Stripe and apply what Stripe says became of it."""
    stripe_id = stripe_id_of(payment)
    if stripe_id is None:
        created = _bring_about(payment).snapshot
        stripe_id = created.checkout_session_id or created.payment_intent_id or ""
    try:
        answer = gateway().retire(Flow(payment.flow), stripe_id)
    except GatewayMisuse:
        answer = gateway().retrieve(Flow(payment.flow), stripe_id)
    apply_answer(answer)


def _live_payment(order_id: str) -> Payment | None:
    is_live = select(Payment).where(Payment.order_id == order_id, Payment.is_live)
    with reading() as session:
        return session.scalar(is_live)


def _attempt_to_make(payment: Payment) -> AttemptToMake:
    with reading() as session:
        order = session.get_one(Order, payment.order_id)
        lines = tuple((each.name, each.unit_amount, each.quantity) for each in order.line_items)
    return AttemptToMake(
        payment_id=payment.id,
        order_id=order.id,
        order_number=order.number,
        order_token=order.token,
        email=order.email,
        locale=order.locale,
        amount=payment.amount,
        currency=payment.currency,
        lines=lines,
        expires_at=int(payment.expires_at.timestamp()) if payment.expires_at else None,
    )


@transaction
def _place(session: Session, owner: str, email: str, locale: str) -> Order:
    view = view_of_cart(session, owner, locale)
    if view.pending_order:
        return view.pending_order
    _refuse_unready(view, locale)
    take = update(Cart).where(Cart.id == view.id, Cart.status == "open").values(status="ordered")
    if rowcount_of(session.execute(take)) != 1:
        raise LostRace
    catalog.take(session, [(line.product_id, line.quantity) for line in view.lines])
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
                unit_amount=line.unit_amount,
                quantity=line.quantity,
                amount=line.amount,
            )
            for line in view.lines
        ],
    )
    session.add(order)
    session.flush()
    _record(session, order, after=OrderStatus.PENDING)
    return order


def _refuse_unready(view: CartView, locale: str) -> None:
    if view.is_empty:
        raise CartEmpty("Your cart is empty.")
    if view.notices:
        raise CartChanged("Something changed since you last looked at your cart.")
    if not is_chargeable(view.amount_total, view.currency):
        total = format_money(view.amount_total, view.currency, locale)
        raise InvalidAmount(f"Stripe doesn't take a payment of {total}. Change the cart.")


@transaction
def _live_or_new(session: Session, order_id: str, flow: Flow) -> Payment:
    """Return the order's live attempt, whichever its flow, or write a new one ahead."""
    order = session.get_one(Order, order_id)
    if not is_payable(OrderStatus(order.status)):
        raise OrderNotPayable(order.status)
    live = next((each for each in order.payments if each.is_live), None)
    if live:
        return live
    now = clock.now()
    payment = Payment(
        order_id=order.id,
        attempt=len(order.payments) + 1,
        flow=flow,
        amount=order.amount_total,
        currency=order.currency,
        expires_at=now + SESSION_LIFETIME if flow == Flow.CHECKOUT_SESSION else None,
        created_at=now,
        updated_at=now,
    )
    held_until = max(order.expires_at, (payment.expires_at or now) + HOLD_AFTER_SESSION)
    _compare_and_set(session, order, expires_at=held_until)
    session.add(payment)
    session.flush()
    _record(session, order, after=PaymentStatus.PENDING, payment_id=payment.id)
    return payment


@transaction
def _give_up(session: Session, payment_id: str, code: str | None) -> None:
    """Note that Stripe refused to make the attempt's object, so that a new attempt may be made."""
    session.execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.is_live, Payment.evidence_created == 0)
        .values(is_live=False, status=PaymentStatus.FAILED, failure_code=code,
                updated_at=clock.now())
    )  # fmt: skip


@transaction
def _close(session: Session, order_id: str, reason: ClosedReason) -> bool:
    """Close the order and release its stock; False while an attempt can still take money."""
    order = session.get_one(Order, order_id)
    if not is_payable(OrderStatus(order.status)):
        raise OrderNotPayable(order.status)
    live = select(func.count()).where(Payment.order_id == order_id, Payment.is_live)
    if session.scalar(live):
        return False
    _record(session, order, before=order.status, after=OrderStatus.CANCELLED)
    _compare_and_set(
        session,
        order,
        status=OrderStatus.CANCELLED,
        closed_at=clock.now(),
        closed_reason=reason,
    )
    catalog.put_back(session, order_id)
    return True


@transaction
def _open_copy(session: Session, cart_id: str) -> None:
    owner = session.get_one(Cart, cart_id).owner
    cart, _ = current_cart(session, owner)
    if cart is None:
        copy_of_cart(session, cart_id)


def _compare_and_set(session: Session, order: Order, **columns: object) -> None:
    statement = (
        update(Order)
        .where(Order.id == order.id, Order.version == order.version)
        .values(version=order.version + 1, **columns)
        .execution_options(synchronize_session=False)
    )
    if rowcount_of(session.execute(statement)) != 1:
        raise LostRace


def _record(
    session: Session,
    order: Order,
    *,
    after: str,
    before: str | None = None,
    payment_id: str | None = None,
) -> None:
    session.add(
        Transition(
            order_id=order.id,
            payment_id=payment_id,
            before=before,
            after=after,
            cause="shopper",
            at=clock.now(),
        )
    )
