"""Where schedules begin. Each is acted out once per process, without anything going wrong.

A schedule then starts from a copy, which costs a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.simulation.browser import Browser, Memory
from tests.simulation.shoppers import (
    BAD_CARD,
    FLOWS,
    GOOD_CARD,
    GOOD_DEBIT,
    check_out,
    pay_at,
)
from tests.simulation.stripe_side import MINUTE, deliver_everything, refund_charge

if TYPE_CHECKING:
    from tests.simulation.world import Kept, World


@dataclass(frozen=True)
class Opening:
    """A moment of both programs, and what the shoppers' browsers remember then."""

    kept: Kept
    memories: tuple[Memory, ...]


def a_full_cart(world: World) -> None:
    """One shopper with something in the cart."""
    _shopper_with(world, "shopper", "prod_cedar_pencils")


def two_full_carts(world: World) -> None:
    """Two shoppers who have the same thing in their carts, of which there are many."""
    a_full_cart(world)
    _shopper_with(world, "neighbour", "prod_cedar_pencils")


def the_last_one(world: World) -> None:
    """The same, and one is left."""
    two_full_carts(world)
    world.tamper("UPDATE products SET stock = 1 WHERE id = 'prod_cedar_pencils'")


def a_card_form(world: World) -> None:
    """One shopper before the card form."""
    a_full_cart(world)
    check_out(world.browsers[0], FLOWS[0])


def a_page_at_stripe(world: World) -> None:
    """One shopper on the page that Stripe hosts."""
    a_full_cart(world)
    check_out(world.browsers[0], FLOWS[1])


def both_ways_open(world: World) -> None:
    """One order that can be paid in two ways, because the shop has forgotten about the first.

    It never should; a restored backup or a bug could bring it about.
    """
    a_card_form(world)
    world.tamper("UPDATE payments SET is_live = 0")
    [token] = world.browsers[0].orders
    world.browsers[0].follow(world.browsers[0].post(f"/orders/{token}/checkout-session"))


def both_ways_paid(world: World) -> None:
    """The worst case: such an order, captured twice, and the shop has heard nothing of it."""
    both_ways_open(world)
    for ways in world.browsers[0].memory.ways.values():
        for way in ways:
            pay_at(world.browsers[0], way, GOOD_CARD)


def an_old_card_form(world: World) -> None:
    """One shopper before the card form, for longer than the order is held."""
    a_card_form(world)
    world.now += 61 * MINUTE


def a_session_paid(world: World) -> None:
    """An order that was paid on Stripe's page; the shop has heard nothing of it."""
    a_page_at_stripe(world)
    _pay_first(world, GOOD_CARD)


def declined_then_paid(world: World) -> None:
    """An order whose first card was declined, and the second wasn't; nothing was heard of it."""
    a_card_form(world)
    _pay_first(world, BAD_CARD)
    _pay_first(world, GOOD_CARD)


def an_old_debit(world: World) -> None:
    """A bank debit that was on its way for longer than an order is held; nothing was heard."""
    a_page_at_stripe(world)
    _pay_first(world, GOOD_DEBIT)
    world.now += 61 * MINUTE


def cancelled_but_paid(world: World) -> None:
    """An order that was cancelled while the shop had forgotten how it can be paid, and paid."""
    a_card_form(world)
    world.tamper("UPDATE payments SET is_live = 0")
    [token] = world.browsers[0].orders
    world.browsers[0].post(f"/orders/{token}/cancel")
    _pay_first(world, GOOD_CARD)


def a_smaller_amount_paid(world: World) -> None:
    """Somebody at Stripe lowered what is asked for, and that was paid; nothing was heard of it."""
    a_card_form(world)
    [intent] = world.at_stripe("payment_intent")
    world.sandbox.change(intent, amount=intent["amount"] - 1)
    _pay_first(world, GOOD_CARD)


def a_paid_order(world: World) -> None:
    """An order that was paid, and the shop knows."""
    a_card_form(world)
    _pay_first(world, GOOD_CARD)
    deliver_everything(world)


def paid_and_refunded(world: World) -> None:
    """An order that was paid, and a part given back in the Dashboard; nothing was heard of it."""
    a_card_form(world)
    _pay_first(world, GOOD_CARD)
    [charge] = world.at_stripe("charge")
    refund_charge(world, charge["id"], charge["amount"] * 3 // 10)


# In this one the shop was made to forget a way to pay that stays open, so it can't close it.
FORGETFUL = (both_ways_open,)
OPENINGS: Mapping[str, Callable[[World], None]] = {
    each.__name__: each
    for each in (
        a_full_cart, two_full_carts, the_last_one, a_card_form, a_page_at_stripe, an_old_card_form,
        a_session_paid, declined_then_paid, an_old_debit,
        a_smaller_amount_paid, both_ways_paid, cancelled_but_paid, a_paid_order, paid_and_refunded,
        *FORGETFUL,
    )
}  # fmt: skip


def _pay_first(world: World, method: Mapping[str, Any]) -> None:
    [ways] = world.browsers[0].memory.ways.values()
    pay_at(world.browsers[0], ways[0], method)


def _shopper_with(world: World, name: str, product_id: str) -> None:
    browser = world.visitor_called(name)
    world.browsers.append(browser)
    browser.get("/products/cedar-pencils")
    browser.post("/cart/items", product_id=product_id, quantity=1)


def copies(world: World, memories: tuple[Memory, ...]) -> list[Browser]:
    """Open the browsers again as they were."""
    return [Browser(world, memory.copied()) for memory in memories]
