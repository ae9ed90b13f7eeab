"""A browser that runs no script buys by the Checkout flow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.shopper import DECLINED, NEEDS_3DS, Flow, NewShopper, Shopper
from tests.journeys.stripe_side import StripeSide

MOST_LOOKS = 60


@pytest.fixture
def shopper(new_shopper: NewShopper) -> Shopper:
    """Somebody who turned JavaScript off."""
    return new_shopper(java_script_enabled=False)


def test_a_whole_purchase_needs_no_script(shopper: Shopper, stripe_side: StripeSide) -> None:
    """SH-21."""
    shopper.order_by(Flow.ON_STRIPE)
    shopper.pay(Flow.ON_STRIPE, DECLINED)
    expect(shopper.page.locator(".alert")).to_have_text("Your card was declined.")
    shopper.pay(Flow.ON_STRIPE, NEEDS_3DS)
    shopper.press("Complete")
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_the_waiting_page_looks_again_when_asked(shopper: Shopper, stripe_side: StripeSide) -> None:
    """SH-21: by itself it would close what somebody opened in the panel below."""
    shopper.order_by(Flow.ON_STRIPE)
    waiting = shopper.another_tab()
    waiting.sees("pending")
    again = waiting.page.get_by_role("link", name="Look again now")
    expect(again).to_be_visible()
    waiting.page.locator(".scenarios > summary").click()
    shopper.lose_the_way_back()
    shopper.fill_card(Flow.ON_STRIPE)
    shopper.pay_in_vain()

    expect(waiting.page.locator(".scenarios[open]")).to_be_visible()
    for _ in range(MOST_LOOKS):
        if not again.count():
            break
        again.click()
        waiting.page.wait_for_timeout(250)
    waiting.sees_it_paid()


def test_the_card_form_says_that_it_needs_script_and_offers_the_other_way(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    shopper.fill_the_cart()
    shopper.go_to_checkout()
    shopper.press(Flow.HERE)
    # Playwright finds nothing by its words inside <noscript>.
    expect(shopper.page.locator("noscript h2")).to_have_text("The card form needs JavaScript")
    expect(shopper.page.locator("#payment-form")).to_be_hidden()
    shopper.page.locator("noscript button").click()
    shopper.arrive_at(Flow.ON_STRIPE)
    shopper.pay(Flow.ON_STRIPE)
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1
