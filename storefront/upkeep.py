"""What has to be done from time to time, whoever is there: `flask work` does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from sqlalchemy import select

from storefront import clock, cursors, events
from storefront.attempts import OrderNotPayable, bring_about, retire
from storefront.checkout import cancel_order
from storefront.db import is_unavailable, reading
from storefront.gateway_errors import GatewayError
from storefront.lifecycle import ClosedReason, OrderStatus
from storefront.models import Order, Payment, StripeEvent
from storefront.open_payments import silent_since

log = logging.getLogger(__name__)

# An open attempt that nothing was heard of for so long is read again: its event may be lost.
SILENCE = timedelta(minutes=10)
AT_MOST = 100


def expire_orders() -> int:
    """Close the orders that were held for long enough; returns how many.

    Stripe is asked first, so nothing is released that can still be paid; an order whose payment
    can't be stopped now is left for a later time, and the others get their turn before.
    """
    is_due = (Order.status == OrderStatus.PENDING, Order.expires_at < clock.now())
    waiting, by = select(Order).where(*is_due), (Order.expires_at, Order.id)
    due = cursors.next_in_turn("expire_orders", waiting, by, at_most=AT_MOST)
    return _each(due, lambda order_id: cancel_order(order_id, ClosedReason.EXPIRED))


def read_again() -> int:
    """Ask Stripe about open attempts that have been silent for long; returns how many were read.

    Those that can't be read at the moment don't keep the others from their turn.
    """
    waiting, by = silent_since(clock.now() - SILENCE), (Payment.updated_at, Payment.id)
    return _each(cursors.next_in_turn("read_again", waiting, by, at_most=AT_MOST), _read)


def apply_parked() -> int:
    """Apply events that wait for a payment that is known by now; returns how many were looked at.

    Those whose payment never appears don't keep the others from their turn.
    """
    by = (StripeEvent.received_at, StripeEvent.id)
    waiting = cursors.next_in_turn("apply_parked", events.PARKED_IN_VAIN, by, at_most=AT_MOST)
    return _each(waiting, events.apply_parked)


def _read(payment_id: str) -> None:
    """Read an attempt again; of an order that takes no more money it is stopped, too."""
    with reading() as session:
        payment = session.get_one(Payment, payment_id)
        order = session.get_one(Order, payment.order_id)
    if order.closed_reason or order.settled_by:
        retire(payment)
    else:
        bring_about(payment)


def _each(ids: Iterable[str], do: Callable[[str], object]) -> int:
    """Do it to every one; one that can't be done now, or hits a bug, doesn't stop the others."""
    done = 0
    for each in ids:
        try:
            do(each)
        except (OrderNotPayable, GatewayError) as error:
            log.warning("upkeep=postponed of=%s reason=%s", each, type(error).__name__)
        except Exception as error:
            if is_unavailable(error):
                raise
            log.exception("upkeep=failed of=%s", each)
        else:
            done += 1
    return done
