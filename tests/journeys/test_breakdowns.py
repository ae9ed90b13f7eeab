"""One of the two programs is gone at the worst moment, and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.shopper import Flow, Shopper, both_flows
from tests.journeys.stripe_side import StripeSide
from tests.processes import LiveShop


@pytest.fixture
def breakable(live_shop: LiveShop) -> Iterator[LiveShop]:
    """The running shop and sandbox; whichever a test leaves broken is started again."""
    yield live_shop
    for server in (live_shop.sandbox, live_shop.shop):
        if server.process is None:
            server.start(live_shop.environment)


@both_flows
def test_a_crash_of_the_shop_between_order_and_webhook_loses_nothing(
    shopper: Shopper, breakable: LiveShop, stripe_side: StripeSide, flow: Flow
) -> None:
    """The processes are killed, not stopped; the shopper comes back in another tab."""
    with stripe_side.holding_back():
        shopper.order_by(flow)
        shopper.fill_card(flow)
        breakable.shop.kill()
        shopper.pay_in_vain()
        breakable.shop.start(breakable.environment)
        back = shopper.another_tab()
        back.sees("pending")
    back.sees_it_paid()

    assert len(stripe_side.charged_for(back.order_number)) == 1


@both_flows
def test_when_stripe_was_down_trying_again_pays_the_same_order(
    shopper: Shopper,
    breakable: LiveShop,
    stripe_side: StripeSide,
    console: Console,
    *,
    flow: Flow,
) -> None:
    console.expect("status of 503")
    shopper.fill_the_cart()
    shopper.go_to_checkout()
    breakable.sandbox.stop()
    shopper.press(flow)
    expect(shopper.page.get_by_role("main")).to_contain_text("you were not charged")
    told = shopper.page.get_by_role("main").inner_text()
    breakable.sandbox.start(breakable.environment)
    shopper.press("Try again")
    shopper.arrive_at(flow)
    shopper.pay(flow)
    shopper.sees_it_paid()

    assert f"Your order {shopper.order_number} is safe" in told
    assert len(stripe_side.charged_for(shopper.order_number)) == 1
