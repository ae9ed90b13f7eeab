"""What Stripe does by itself: deliver events late, shuffled, twice or never; and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        world.sandbox.deliveries.drop_one(lost)


def let_time_pass(world: World) -> None:
    """Let minutes or days pass: sessions expire, debits settle."""
    world.wait(world.schedule.dice.pick(PERIODS))
    let_happen(world.sandbox)


def waiting_deliveries(world: World) -> list[str]:
    """Return the ids of the deliveries that nobody is making, the oldest first."""
    pending = world.sandbox.deliveries.pending()
    return [row["id"] for row in pending if row["state"] != "sending"]


def deliver(world: World, delivery_id: str) -> None:
    """Make one delivery now, out of its turn."""
    world.sandbox.deliveries.release_one(delivery_id)
    world.sandbox.deliveries.step()
