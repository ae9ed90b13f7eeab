"""Small races about money that goes back, and about learning of it twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.simulation import shopkeeper, shoppers, stripe_side
from tests.simulation.play import Act, Scenario

if TYPE_CHECKING:
    from tests.simulation.world import World


def told_of(type_: str) -> Act:
    """Deliver the events of one type, or of those that it begins."""

    def act(world: World) -> None:
        for delivery_id in stripe_side.waiting_deliveries(world, type_):
            stripe_side.deliver(world, delivery_id)

    return act


def refund(percent: int) -> Act:
    """Decide on a refund of a part of the one payment that there is."""

    def act(world: World) -> None:
        [[payment_id, received]] = world.watch.ask("SELECT id, amount_received FROM payments")
        shopkeeper.refund_payment(world, payment_id, received * percent // 100)

    return act


def refund_in_the_dashboard(percent: int) -> Act:
    """Refund a part of the one charge that there is, at Stripe."""

    def act(world: World) -> None:
        [charge] = world.at_stripe("charge")
        stripe_side.refund_charge(world, charge["id"], charge["amount"] * percent // 100)

    return act


def come_back(world: World) -> None:
    shoppers.come_back(world.browsers[0].tab())


MONEY_BACK: Mapping[str, Scenario] = {
    # WH-05: refunds are told before their payment, after it and between; also while it is read.
    "a refund and its payment": Scenario(
        "paid_and_refunded",
        {
            "success": told_of("payment_intent.succeeded"), "refund": told_of("refund."),
            "charge": told_of("charge.refunded"), "shopper": come_back,
        },
    ),
    # RF-04 and RF-03: two operators want more than there is; a third part goes back at Stripe.
    "two parts are given back at once": Scenario(
        "a_paid_order",
        {
            "operator": refund(60), "another operator": refund(60),
            "worker": shopkeeper.empty_the_outbox,
        },
    ),
    # RF-08: what the operator wants is more than the Dashboard has left.
    "a part goes back in the Dashboard at the same time": Scenario(
        "a_paid_order",
        {
            "Dashboard": refund_in_the_dashboard(60), "operator": refund(60),
            "worker": shopkeeper.empty_the_outbox, "Stripe": stripe_side.deliver_everything,
        },
    ),
    # RF-11, with both ends of the dispute.
    "a dispute and a refund": Scenario(
        "a_paid_order",
        {
            "bank": stripe_side.dispute, "Dashboard": refund_in_the_dashboard(30),
            "Stripe": stripe_side.deliver_everything, "operator": refund(30),
        },
    ),
    # SH-14 and RF-08: a round learns what is delivered at this moment, the refund with it.
    "a round of reconciliation and the events": Scenario(
        "paid_and_refunded",
        {
            "reconciler": shopkeeper.compare_with_stripe,
            "success": told_of("payment_intent.succeeded"), "refund": told_of("refund."),
        },
    ),
}  # fmt: skip
