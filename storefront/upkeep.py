"""What has to be done from time to time, whoever is there: `flask work` does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from sqlalchemy import or_, select

from storefront import clock
from storefront.attempts import OrderNotPayable
from storefront.checkout import cancel_order, refresh
from storefront.db import reading
from storefront.gateway_errors import GatewayError
from storefront.lifecycle import ClosedReason, OrderStatus
from storefront.models import Order, Payment

log = logging.getLogger(__name__)

# An open attempt that nothing was heard of for so long is read again: its event may be lost.
SILENCE = timedelta(minutes=10)
AT_MOST = 100


def expire_orders() -> int:
    """Close the orders that were held for long enough; returns how many.

    Stripe is asked first, so nothing is released that can still be paid; an order whose payment
    can't be stopped now is left for the next time.
    """
    is_due = (Order.status == OrderStatus.PENDING, Order.expires_at < clock.now())
    with reading() as session:
        statement = select(Order.id).where(*is_due).order_by(Order.expires_at)
        due = session.scalars(statement.limit(AT_MOST)).all()
    return _each(due, lambda order_id: cancel_order(order_id, ClosedReason.EXPIRED))


def read_again() -> int:
    """Ask Stripe about open attempts that have been silent; returns how many were read."""
    is_known = or_(Payment.payment_intent_id.is_not(None), Payment.checkout_session_id.is_not(None))
    is_silent = (Payment.is_live, is_known, Payment.updated_at < clock.now() - SILENCE)
    with reading() as session:
        statement = select(Payment.order_id).where(*is_silent).order_by(Payment.updated_at)
        silent = session.scalars(statement.limit(AT_MOST)).all()
    return _each(silent, refresh)


def _each(order_ids: Iterable[str], do: Callable[[str], None]) -> int:
    """Do it to every order; one that can't be done now doesn't stop the others."""
    done = 0
    for order_id in order_ids:
        try:
            do(order_id)
        except (OrderNotPayable, GatewayError) as error:
            log.warning("order=%s upkeep=postponed reason=%s", order_id, type(error).__name__)
        else:
            done += 1
    return done
