"""Two identical small orders of somebody's own, one for each flow, to be compared.

They are no cart's: each flow has an owner of its own beside the visitor, so that what the visitor
means to buy isn't touched. There are two at most for a visitor, of the product that most are left
of, and what isn't paid expires like any order: nobody else has to go without.
"""

from __future__ import annotations

from sqlalchemy import select

from storefront import catalog, checkout
from storefront.cart import pending_order
from storefront.cart_changes import CartRefused, set_quantity
from storefront.checkout import CheckoutRefused
from storefront.config import settings
from storefront.db import reading
from storefront.languages import Sentence
from storefront.lifecycle import Flow
from storefront.models import Order

# An address that nobody has (RFC 2606); Stripe's page wants one.
EMAIL = "both.flows@example.com"
# Fewer are for shoppers who mean it.
PLENTY = 20
BESIDE = "+"
NOTHING = Sentence("There is nothing on the shelf that the shop could spare for this.")


class NothingToSpare(CheckoutRefused):
    """Of no product so many are left that two can be set aside for a comparison."""


def begin(visitor: str, locale: str) -> None:
    """Place both orders, or find those that wait, and start the one that is paid here.

    Raises CheckoutRefused, OrderNotPayable and the gateway's errors; again is safe.
    """
    orders = {flow: _place(owner_of(visitor, flow), locale) for flow in Flow}
    checkout.start_payment_intent(orders[Flow.PAYMENT_INTENT].id)


def latest(visitor: str | None, flow: Flow) -> Order | None:
    """Return the visitor's last order to be compared."""
    if visitor is None:
        return None
    its = select(Order).where(Order.owner == owner_of(visitor, flow))
    with reading() as session:
        return session.scalar(its.order_by(Order.created_at.desc(), Order.id).limit(1))


def owner_of(visitor: str, flow: Flow) -> str:
    """Return who owns what a visitor compares by one flow."""
    return f"{visitor}{BESIDE}{flow}"


def is_compared(order: Order) -> bool:
    """Say whether an order was made to be compared."""
    return BESIDE in order.owner


def flow_of(order: Order) -> Flow:
    """Return the flow that an order was made to show; the shop's own page for any other order."""
    return Flow(order.owner.partition(BESIDE)[2] or Flow.PAYMENT_INTENT)


def _place(owner: str, locale: str) -> Order:
    """Place an order, or find the one that waits; of two clicks at once the slower finds it."""
    pending = pending_order(owner)
    if pending is None:
        try:
            set_quantity(owner, _plentiful(), 1)
            return checkout.place_order(owner, email=EMAIL, locale=locale)
        except (CartRefused, CheckoutRefused) as error:
            pending = pending_order(owner)
            if pending is None:
                raise NothingToSpare(NOTHING) from error
    return pending


def _plentiful() -> str:
    """Return the id of the product of which most are left."""
    shelves = catalog.categories(settings().currency)
    offers = [offer for shelf in shelves for offer in shelf.products if offer.stock >= PLENTY]
    if not offers:
        raise NothingToSpare(NOTHING)
    return max(offers, key=lambda offer: (offer.stock, offer.id)).id
