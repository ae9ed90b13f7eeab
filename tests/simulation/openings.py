"""Where schedules begin. Each is acted out once per process, without anything going wrong.

A schedule then starts from a copy, which costs a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulation.browser import Browser, Memory
from tests.simulation.shoppers import FLOWS, check_out

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
    """Two shoppers, each with something in the cart."""
    a_full_cart(world)
    _shopper_with(world, "neighbour", "prod_paper_shears")


def the_last_one(world: World) -> None:
    """Two shoppers who have the same thing in their carts, of which one is left."""
    world.tamper("UPDATE products SET stock = 1 WHERE id = 'prod_cedar_pencils'")
    _shopper_with(world, "shopper", "prod_cedar_pencils")
    _shopper_with(world, "neighbour", "prod_cedar_pencils")


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


OPENINGS: Mapping[str, Callable[[World], None]] = {
    each.__name__: each
    for each in (
        a_full_cart, two_full_carts, the_last_one, a_card_form, a_page_at_stripe, both_ways_open,
    )
}  # fmt: skip


def _shopper_with(world: World, name: str, product_id: str) -> None:
    browser = world.visitor_called(name)
    world.browsers.append(browser)
    browser.get("/products/cedar-pencils")
    browser.post("/cart/items", product_id=product_id, quantity=1)


def copies(world: World, memories: tuple[Memory, ...]) -> list[Browser]:
    """Open the browsers again as they were."""
    return [Browser(world, memory.copied()) for memory in memories]
