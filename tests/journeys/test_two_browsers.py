"""One order in two browsers at once: either shows what the other has done, and it counts once."""

from __future__ import annotations

from playwright.sync_api import expect

from storefront.scenarios import SCENARIOS
from tests.journeys.shopper import Flow, NewShopper, Shopper
from tests.journeys.stripe_side import StripeSide
from tests.journeys.test_scenarios import ALONE, look_at, messages_in, panel_of


def test_two_browsers_work_the_panel_of_one_order(
    new_shopper: NewShopper, stripe_side: StripeSide
) -> None:
    """The last click holds, and both see it; two who pay at once pay once.

    The slower of them may read at Stripe, on the way to paying, that the faster has paid.
    """
    both = here, there = new_shopper(), new_shopper()
    here.order_by(Flow.HERE)
    share_the_order(here, there)
    for each in both:
        each.page.goto(here.order_url)
        each.page.locator(".scenarios > summary").click()

    here.press(SCENARIOS["twice"].title)
    there.press(SCENARIOS["never"].title)
    for each in both:
        expect(panel_of(each)).to_contain_text(SCENARIOS["never"].title)
        expect(panel_of(each)).not_to_contain_text(SCENARIOS["twice"].title)

    at_once(ALONE, *both)
    for each in both:
        expect(panel_of(each)).to_contain_text("payment_intent.succeeded never sent")
    at_once("Reconcile now", *both)
    for each in both:
        expect(messages_in(each)).to_contain_text("Reconciled")
        each.sees("paid")

    look_at(there)
    assert stripe_side.charged_for(here.order_number) == [1400]


def share_the_order(one: Shopper, other: Shopper) -> None:
    """Give the other browser the cookies of the first: it is the same visitor's."""
    other.browser.add_cookies(one.browser.cookies())


def at_once(button: str, *shoppers: Shopper) -> None:
    """Press the same button in each browser, without waiting for what comes of it."""
    for each in shoppers:
        each.page.get_by_role("button", name=button).dispatch_event("click")
