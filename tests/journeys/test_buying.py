"""The straight ways: pay, be declined and pay, be asked for 3-D Secure."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.shopper import DECLINED, NEEDS_3DS, Flow, Shopper, both_flows
from tests.journeys.stripe_side import StripeSide


@both_flows
def test_a_shopper_buys(shopper: Shopper, stripe_side: StripeSide, flow: Flow) -> None:
    shopper.order_by(flow)
    shopper.pay(flow)
    shopper.sees_it_paid()

    assert stripe_side.charged_for(shopper.order_number) == [1400]
    expect(shopper.page.get_by_role("link", name="Cart")).to_have_text("Cart 0")
    expect(shopper.page.locator("#order-status button")).to_have_count(0)


def test_a_decline_on_our_page_leaves_the_shopper_there(
    shopper: Shopper, stripe_side: StripeSide, console: Console
) -> None:
    console.expect("status of 402")
    shopper.order_by(Flow.HERE)
    still_here = shopper.page.locator("#payment-form").element_handle()
    shopper.pay(Flow.HERE, DECLINED)
    expect(shopper.page.get_by_role("alert")).to_have_text("Your card was declined.")
    assert still_here.is_visible()
    shopper.pay(Flow.HERE)
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_a_decline_on_stripes_page_leaves_the_shopper_there(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    shopper.order_by(Flow.ON_STRIPE)
    address = shopper.page.url
    shopper.pay(Flow.ON_STRIPE, DECLINED)
    expect(shopper.page.locator(".alert")).to_have_text("Your card was declined.")
    assert shopper.page.url == address
    shopper.pay(Flow.ON_STRIPE)
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


@both_flows
def test_a_shopper_passes_three_d_secure(shopper: Shopper, flow: Flow) -> None:
    shopper.order_by(flow)
    shopper.pay(flow, NEEDS_3DS)
    shopper.press("Complete")

    shopper.sees_it_paid()


def test_failing_three_d_secure_on_our_page_leads_to_the_order_to_try_again(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    """SH-22."""
    shopper.order_by(Flow.HERE)
    shopper.pay(Flow.HERE, NEEDS_3DS)
    shopper.press("Fail")
    expect(
        shopper.page.get_by_role("heading", name="The payment didn’t go through")
    ).to_be_visible()
    shopper.pay_again_by(Flow.HERE)
    shopper.pay(Flow.HERE)
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_failing_three_d_secure_on_stripes_page_stays_there(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    shopper.order_by(Flow.ON_STRIPE)
    shopper.pay(Flow.ON_STRIPE, NEEDS_3DS)
    shopper.press("Fail")
    expect(shopper.page.locator(".alert")).to_contain_text("unable to authenticate")
    shopper.pay(Flow.ON_STRIPE)
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_a_browser_may_keep_every_file_of_ours_for_ever(shopper: Shopper) -> None:
    """Each has its version in its address, and the typeface has one address only."""
    asked = set()
    shopper.browser.on("request", lambda sent: asked.add(sent.url))
    shopper.order_by(Flow.HERE)
    shopper.pay(Flow.HERE)
    shopper.sees_it_paid()
    files = [url for url in asked if url.startswith(f"{shopper.shop_url}/static/")]

    assert [url for url in files if "?v=" not in url] == []
    assert len([url for url in files if ".woff2" in url]) == 1
