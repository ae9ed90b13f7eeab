"""What Stripe does by itself: deliver events late, shuffled, twice or never; and time."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call
from stripe_sandbox.resources import disputes, refunds
from stripe_sandbox.resources.events import deliver_again
from stripe_sandbox.timing import let_happen

if TYPE_CHECKING:
    from tests.simulation.world import World

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
# Some pass what the shop waits for: silence, the life of a session, the hold of an order.
PERIODS = (1, MINUTE, 11 * MINUTE, 36 * MINUTE, 61 * MINUTE, DAY, 4 * DAY)


def deliver_one(world: World) -> None:
    """Deliver any event that waits, or that failed: not in the order in which they were made."""
    waiting = waiting_deliveries(world)
    if waiting:
        deliver(world, world.schedule.dice.pick(waiting))


def deliver_once_more(world: World) -> None:
    """Deliver an event again that was delivered before."""
    made = list(world.sandbox.state.delivered.values())
    if made:
        [again] = deliver_again(world.sandbox, world.schedule.dice.pick(made)["event"])
        deliver(world, again["id"])


def lose_one(world: World) -> None:
    """Never deliver an event."""
    waiting = waiting_deliveries(world)
    if waiting:
        lost = world.schedule.dice.pick(waiting)
        world.schedule.scheduler.note(f"loses {lost}")
        world.schedule.seen["lost"] += 1
        world.sandbox.deliveries.drop_one(lost)


def refund_in_the_dashboard(world: World) -> None:
    """Give back a part of a charge, or the rest, behind the shop's back."""
    charges = [each for each in world.at_stripe("charge") if each["amount_captured"]]
    if charges:
        charge, amount = world.schedule.dice.pick(charges), world.schedule.dice.pick((300, 1300))
        refund_charge(world, charge["id"], amount)


def refund_charge(world: World, charge_id: str, amount: int) -> None:
    """Refund a charge at Stripe; more than is left is refused there."""
    world.schedule.scheduler.pause(f"refunds {amount} in the Dashboard")
    with suppress(StripeError), world.sandbox.lock:
        refunds.create(Call(world.sandbox, {"charge": charge_id, "amount": amount}))


def fail_a_refund(world: World) -> None:
    """Let a refund come back from the shopper's bank."""
    made = world.at_stripe("refund")
    if made:
        world.schedule.scheduler.pause("a refund comes back")
        with suppress(StripeError):
            refunds.fail_refund(world.sandbox, world.schedule.dice.pick(made)["id"])


def dispute(world: World) -> None:
    """Let a bank claim a charge back, and decide about it, now or later."""
    charges = world.at_stripe("charge")
    if not charges:
        return
    charge, dice = world.schedule.dice.pick(charges), world.schedule.dice
    world.schedule.scheduler.pause("a bank disputes a charge")
    with suppress(StripeError):
        opened = disputes.open_dispute(world.sandbox, charge["id"])
        world.schedule.scheduler.pause("the bank decides")
        disputes.decide(world.sandbox, opened["id"], is_won=not dice.one_in(2))


def let_time_pass(world: World) -> None:
    """Let minutes or days pass: sessions expire, debits settle."""
    world.wait(world.schedule.dice.pick(PERIODS))
    let_happen(world.sandbox)


def waiting_deliveries(world: World, type_: str = "") -> list[str]:
    """Return the ids of the deliveries that nobody is making, the oldest first.

    `type_` is how the events' types begin.
    """
    pending = world.sandbox.deliveries.pending()
    waiting = (row for row in pending if row["state"] != "sending")
    return [row["id"] for row in waiting if _type_of(world, row).startswith(type_)]


def deliver_everything(world: World) -> None:
    """Deliver what waits, the latest first."""
    for delivery_id in reversed(waiting_deliveries(world)):
        deliver(world, delivery_id)


def _type_of(world: World, delivery: Json) -> str:
    return str(world.sandbox.get("event", delivery["event"])["type"])


def deliver(world: World, delivery_id: str) -> None:
    """Make one delivery now, out of its turn."""
    world.sandbox.deliveries.release_one(delivery_id)
    world.sandbox.deliveries.step()
