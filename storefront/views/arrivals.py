"""Money that came more than once for one order: by which flow each, and what becomes of it.

The one place for these words. A payment that went as it should needs none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from storefront.given_back import is_payment_given_back
from storefront.languages import Sentence
from storefront.lifecycle import Flow, PaymentStatus
from storefront.models import Order, Payment
from storefront.views.languages import spoken

CAME_BY = {
    Flow.PAYMENT_INTENT: Sentence("Paid here, by the card form (PaymentIntent)"),
    Flow.CHECKOUT_SESSION: Sentence("Paid on Stripe’s page (Checkout)"),
}

PAYS = Sentence("It pays this order.")
# By whether another payment pays the order, and whether this one goes back.
FATES = {
    (True, True): Sentence(
        "One too many: all of it goes back to you. Banks take five to ten days to show it."
    ),
    (True, False): Sentence("One too many: we are looking at it. You don’t have to do anything."),
    (False, True): Sentence("All of it goes back to you. Banks take five to ten days to show it."),
    (False, False): Sentence("We are looking at it. You don’t have to do anything."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One payment that came: how, how much of which currency in minor units, what becomes of it."""

    came_by: str
    amount: int
    currency: str
    fate: str


def arrivals_of(order: Order) -> list[Arrival]:
    """Tell of each payment of an order for which more than one came; of any other nothing."""
    came = [each for each in order.payments if each.status == PaymentStatus.SUCCEEDED]
    if len(came) < 2:  # noqa: PLR2004 - one is as it should be
        return []
    return [
        Arrival(
            came_by=spoken(CAME_BY[Flow(each.flow)]),
            amount=each.amount_received,
            currency=each.currency,
            fate=_fate(order, each),
        )
        for each in came
    ]


def _fate(order: Order, payment: Payment) -> str:
    """Tell what becomes of a payment: what goes back is decided, even before Stripe is asked."""
    if payment.id == order.settled_by:
        return spoken(PAYS)
    is_extra = order.settled_by is not None
    return spoken(FATES[is_extra, is_payment_given_back(payment)])
