"""What the shop's own people and machines do beside the requests."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from storefront import reconcile, refunds, upkeep
from storefront.attentions import list_attentions, resolve
from storefront.gateway_errors import GatewayError

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")


def expire_orders(world: World) -> None:
    """Close what was held for long enough, as `flask work` does."""
    _in_a_process(world, "flask work: expires orders", upkeep.expire_orders)


def read_again(world: World) -> None:
    """Read silent payments again, as `flask work` does."""
    _in_a_process(world, "flask work: reads again", upkeep.read_again)


def empty_the_outbox(world: World) -> None:
    """Make the calls that are due, as `flask work` does."""
    world.served("flask work: makes calls", world.work)


def apply_parked(world: World) -> None:
    """Apply what came before what it is about, as `flask work` does."""
    _in_a_process(world, "flask work: applies what was parked", upkeep.apply_parked)


def compare_with_stripe(world: World) -> None:
    """Do a round of `flask reconcile`; Stripe may be away."""
    with suppress(GatewayError):
        _in_a_process(world, "flask reconcile", reconcile.reconcile)


def refund(world: World) -> None:
    """Give back a payment, a part of it or the rest, as `flask refund` does."""
    dice = world.schedule.dice
    payments = [row[0] for row in world.watch.ask("SELECT id FROM payments ORDER BY rowid")]
    if payments:
        refund_payment(world, dice.pick(payments), dice.pick((None, 300, 1000)))


def refund_payment(world: World, payment_id: str, amount: int | None) -> None:
    """Decide on one refund; it may be refused."""

    def decide() -> None:
        with suppress(refunds.NotRefundable):
            refunds.refund(
                payment_id, amount=amount, reason="requested_by_customer", actor="operator"
            )

    _in_a_process(world, f"flask refund {payment_id} {amount or 'all'}", decide)


def resolve_attentions(world: World) -> None:
    """Note that somebody has looked at everything."""
    for attention, _ in _in_a_process(world, "flask attentions list", list_attentions) or []:
        _in_a_process(
            world,
            f"flask attentions resolve {attention.id}",
            partial(resolve, attention.id, by="operator"),
        )


def work(world: World) -> None:
    """Do all that `flask work` does."""
    for do in (expire_orders, read_again, apply_parked, empty_the_outbox):
        do(world)


def _in_a_process(world: World, label: str, do: Callable[[], T]) -> T | None:
    with world.app.app_context():
        return world.served(label, do)
