"""What the shop's own people and machines do beside the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront import upkeep

if TYPE_CHECKING:
    from tests.simulation.world import World


def expire_orders(world: World) -> None:
    """Close what was held for long enough, as `flask work` does."""
    _in_a_process(world, "flask work: expires orders", upkeep.expire_orders)


def read_again(world: World) -> None:
    """Read silent payments again, as `flask work` does."""
    _in_a_process(world, "flask work: reads again", upkeep.read_again)


def empty_the_outbox(world: World) -> None:
    """Make the calls that are due, as `flask work` does."""
    world.served("flask work: makes calls", world.work)


def work(world: World) -> None:
    """Do all that `flask work` does."""
    for do in (expire_orders, read_again, empty_the_outbox):
        do(world)


def _in_a_process(world: World, label: str, do) -> None:  # noqa: ANN001
    with world.app.app_context():
        world.served(label, do)
