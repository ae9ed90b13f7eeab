"""Small races with names, each of which is played in every order.

How often somebody who could go on has to wait for another is bounded; within that, no order is
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from tests.simulation import attacker, shopkeeper, shoppers, stripe_side
from tests.simulation.browser import Browser
from tests.simulation.dice import every_way
from tests.simulation.money_back import MONEY_BACK
from tests.simulation.play import Act, Report, Scenario, Series, play
from tests.simulation.shoppers import GOOD_CARD

if TYPE_CHECKING:
    from tests.simulation.world import World


def by(number: int, *acts: Callable[[Browser], object]) -> Act:
    """Let a shopper do one thing after the other, in a tab of their own."""

    def act(world: World) -> None:
        tab = world.browsers[number].tab()
        for each in acts:
            each(tab)

    return act


def one_delivered(place: int) -> Act:
    """Deliver one event of those that wait, counted from the oldest."""

    def act(world: World) -> None:
        stripe_side.deliver(world, stripe_side.waiting_deliveries(world)[place])

    return act


def card_form(browser: Browser) -> None:
    shoppers.check_out(browser, "payment_intent")


def page_at_stripe(browser: Browser) -> None:
    shoppers.check_out(browser, "checkout_session")


def start_on_stripes_page(browser: Browser) -> None:
    browser.follow(browser.post(f"/orders/{browser.orders[0]}/checkout-session"))


def want_two(browser: Browser) -> None:
    browser.post("/cart/items/prod_cedar_pencils", quantity=2)


def pay_by(method: Mapping[str, object], way: int = 0) -> Callable[[Browser], None]:
    """Pay at the first (or another) of the pages that lead to Stripe."""

    def act(browser: Browser) -> None:
        ways = [way for ways in browser.memory.ways.values() for way in ways]
        if len(ways) > way:
            shoppers.pay_at(browser, ways[way], method)

    return act


CRASH, LOST = {"crashes": 1}, {"faults": 1, "kinds": ("timeout_before", "timeout_after", "500")}

SCENARIOS: Mapping[str, Scenario] = {
    # SH-01: one order, one attempt, one intent.
    "a double click": Scenario(
        "a_full_cart",
        {"shopper": by(0, card_form, pay_by(GOOD_CARD)), "second click": by(0, card_form)},
    ),
    # SH-04: starting one flow stops the other, or is refused.
    "both flows at once": Scenario(
        "a_full_cart",
        {
            "shopper": by(0, card_form, pay_by(GOOD_CARD)),
            "other tab": by(0, page_at_stripe, pay_by(GOOD_CARD, way=1)),
        },
    ),
    # SH-03 and SH-04, the worst case: both were captured.
    "paid twice": Scenario(
        "both_ways_paid",
        {
            "Stripe": one_delivered(0), "Stripe, too": one_delivered(-1),
            "shopper": by(0, shoppers.come_back), "worker": shopkeeper.empty_the_outbox,
        },
    ),
    # SH-10.
    "cancelled while it is paid": Scenario(
        "a_card_form",
        {
            "shopper": by(0, shoppers.cancel), "other tab": by(0, pay_by(GOOD_CARD)),
            "Stripe": stripe_side.deliver_everything,
        },
    ),
    # SH-09.
    "expired while it is paid": Scenario(
        "an_old_card_form",
        {
            "worker": shopkeeper.expire_orders, "shopper": by(0, pay_by(GOOD_CARD)),
            "Stripe": stripe_side.deliver_everything,
        },
    ),
    # SH-05 and SH-06.
    "the cart is changed while it is paid": Scenario(
        "a_page_at_stripe",
        {
            "shopper": by(0, want_two), "other tab": by(0, pay_by(GOOD_CARD)),
            "Stripe": stripe_side.deliver_everything,
        },
    ),
    # WH-06, SH-12.
    "session completed, intent succeeded, shopper back": Scenario(
        "a_session_paid",
        {
            "Stripe": one_delivered(0), "Stripe, too": one_delivered(-1),
            "shopper": by(0, shoppers.come_back),
        },
    ),
    # WH-04.
    "declined, then paid": Scenario(
        "declined_then_paid",
        {
            "Stripe": one_delivered(0), "Stripe, too": one_delivered(-1),
            "shopper": by(0, shoppers.come_back),
        },
    ),
    # SH-04.
    "the other way is started while the first is paid": Scenario(
        "a_card_form",
        {
            "shopper": by(0, start_on_stripes_page), "other tab": by(0, pay_by(GOOD_CARD)),
            "Stripe": stripe_side.deliver_everything,
        },
    ),
    # SH-08.
    "two shoppers and the last one": Scenario(
        "the_last_one",
        {
            "shopper": by(0, card_form, pay_by(GOOD_CARD)),
            "neighbour": by(1, page_at_stripe, pay_by(GOOD_CARD)),
        },
    ),
    # S1: neither takes what the other has seen.
    "two shoppers and the same thing": Scenario(
        "two_full_carts",
        {"shopper": by(0, card_form), "neighbour": by(1, page_at_stripe, pay_by(GOOD_CARD))},
    ),
    # RF-01 and RF-02: nothing expires while a debit is on its way.
    "a debit is on its way when the order is due": Scenario(
        "an_old_debit",
        {
            "worker": shopkeeper.expire_orders, "shopper": by(0, shoppers.cancel),
            "Stripe": stripe_side.deliver_everything,
        },
    ),
    # WH-12: it doesn't pay the order, and a person is asked.
    "less is paid than is due": Scenario(
        "a_smaller_amount_paid",
        {"Stripe": stripe_side.deliver_everything, "shopper": by(0, shoppers.come_back)},
    ),
    # E3, WH-18 to WH-23: seven ways to be refused.
    "a forger among the events": Scenario(
        "a_card_form",
        {
            "attacker": attacker.forge, "shopper": by(0, pay_by(GOOD_CARD)),
            "Stripe": stripe_side.deliver_everything,
        },
    ),
    # CR-01, CR-02 and CR-04: killed at every commit and around every call to Stripe.
    "killed while the payment is started": Scenario(
        "a_full_cart",
        {"shopper": by(0, page_at_stripe, page_at_stripe, pay_by(GOOD_CARD))},
        CRASH,
    ),
    # CR-05 and CR-06, twice at once.
    "killed while an event is applied": Scenario(
        "a_session_paid",
        {"Stripe": one_delivered(0), "Stripe, too": one_delivered(-1)},
        CRASH,
    ),
    # RF-05: given back once.
    "killed while money is given back": Scenario(
        "cancelled_but_paid",
        {
            "Stripe": one_delivered(-1), "worker": shopkeeper.empty_the_outbox,
            "another worker": shopkeeper.empty_the_outbox,
        },
        CRASH,
    ),
    # ST-01, ST-02 and ST-04.
    "a call is lost while the payment is started": Scenario(
        "a_full_cart",
        {"shopper": by(0, card_form, card_form, pay_by(GOOD_CARD))},
        LOST,
    ),
    **MONEY_BACK,
}  # fmt: skip


# One switch shows nearly everything. Some have too many orders for that, two few enough for two;
# `make simulate` plays all with one more.
SWITCHES = {
    "paid twice": 0,
    "killed while money is given back": 0,
    "a refund and its payment": 0,
    "a part goes back in the Dashboard at the same time": 0,
    "a dispute and a refund": 0,
    "expired while it is paid": 2,
    "killed while an event is applied": 2,
}


def every_order(world: World, name: str, *, more: int = 0) -> Iterator[Report]:
    """Play a scenario in every order, with `more` switches; yields a report for each."""
    switches = more + SWITCHES.get(name, 1)
    scenario, series = SCENARIOS[name], Series(switches)
    yield from every_way(lambda dice: play(world, scenario, dice, name=name, series=series))
