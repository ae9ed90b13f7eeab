"""The crooked ways: leaving, coming back, clicking twice, two tabs; one order, charged once."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.shopper import NEEDS_3DS, Flow, Shopper, both_flows
from tests.journeys.stripe_side import StripeSide


def test_cancelling_on_stripes_page_leads_back_to_pay_here(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    shopper.order_by(Flow.ON_STRIPE)
    order_url = shopper.order_url
    shopper.page.get_by_role("link", name="Back to").click()
    shopper.sees("pending")
    shopper.pay_again_by(Flow.HERE)
    shopper.pay(Flow.HERE)
    shopper.sees_it_paid()

    assert shopper.order_url == order_url
    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_the_back_button_leads_from_stripes_page_to_the_same_order(shopper: Shopper) -> None:
    shopper.order_by(Flow.ON_STRIPE)
    order_url = shopper.order_url
    shopper.page.go_back()
    expect(shopper.page.get_by_label("E-mail address")).to_have_value("ada@example.com")
    shopper.press(Flow.HERE)
    shopper.arrive_at(Flow.HERE)
    shopper.pay(Flow.HERE)
    shopper.sees_it_paid()

    assert shopper.order_url == order_url


@both_flows
def test_double_clicks_order_once_and_charge_once(
    shopper: Shopper, stripe_side: StripeSide, flow: Flow
) -> None:
    """SH-01."""
    email = f"{flow.name.lower()}@twice.example.com"
    shopper.fill_the_cart()
    shopper.go_to_checkout(email)
    shopper.page.get_by_role("button", name=flow).dblclick()
    shopper.arrive_at(flow)
    shopper.fill_card(flow)
    shopper.pay_button.dblclick(no_wait_after=True)
    shopper.sees_it_paid()

    assert stripe_side.attempts_of(email) == 1
    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_an_old_tab_cannot_pay_what_another_tab_paid(
    shopper: Shopper, stripe_side: StripeSide, console: Console
) -> None:
    """SH-04: starting the other way ended the first tab's attempt at Stripe."""
    console.expect("status of 400")
    shopper.order_by(Flow.HERE)
    other = shopper.another_tab()
    other.pay_again_by(Flow.ON_STRIPE)
    other.pay(Flow.ON_STRIPE)
    other.sees_it_paid()
    shopper.pay(Flow.HERE)
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_two_tabs_with_the_same_card_form_charge_once(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    """SH-03: both tabs show the same attempt, and both get as far as 3-D Secure."""
    shopper.order_by(Flow.HERE)
    other = shopper.another_tab()
    other.pay_again_by(Flow.HERE)
    for tab in (shopper, other):
        tab.pay(Flow.HERE, NEEDS_3DS)
        expect(tab.page.get_by_role("button", name="Complete")).to_be_visible()
    for tab in (shopper, other):
        tab.press("Complete")
    shopper.sees_it_paid()
    other.page.goto(other.order_url)
    other.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_after_a_change_of_the_cart_the_old_page_at_stripe_takes_no_money(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    """SH-05."""
    shopper.order_by(Flow.ON_STRIPE)
    old_page = shopper.page.url
    shopper.page.goto(f"{shopper.shop_url}/cart")
    shopper.page.get_by_role("spinbutton").fill("3")
    shopper.press("Update the quantity of Cedar pencils")
    shopper.page.goto(old_page)
    expect(shopper.page.get_by_role("heading", level=1)).to_have_text(
        "This payment page has expired"
    )
    shopper.page.get_by_role("link", name="Back to").click()
    shopper.sees("cancelled")

    assert stripe_side.charged_for(shopper.order_number) == []


@pytest.mark.parametrize("blocked", ["**/js/endive/stripe.js", "**/v1/payment_intents/*"])
def test_where_stripes_script_is_blocked_the_other_way_pays_the_same_order(
    shopper: Shopper, stripe_side: StripeSide, console: Console, blocked: str
) -> None:
    console.expect("net::ERR_BLOCKED_BY_CLIENT")
    shopper.page.route(blocked, lambda route: route.abort("blockedbyclient"))
    shopper.fill_the_cart()
    shopper.go_to_checkout()
    shopper.press(Flow.HERE)
    expect(shopper.page.get_by_role("alert")).to_contain_text("The card form did not load")
    expect(shopper.page.locator("#payment-form")).to_be_hidden()
    order_url = shopper.page.url.removesuffix("/pay")
    shopper.pay_again_by(Flow.ON_STRIPE)
    shopper.pay(Flow.ON_STRIPE)
    shopper.sees_it_paid()

    assert shopper.order_url == order_url
    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_where_stripes_script_hangs_the_other_way_is_offered(shopper: Shopper) -> None:
    shopper.page.clock.install()
    shopper.page.route("**/js/endive/stripe.js", lambda _: None)
    shopper.fill_the_cart()
    shopper.go_to_checkout()
    shopper.press(Flow.HERE)
    expect(shopper.page.get_by_text("The card form is loading")).to_be_visible()
    shopper.page.clock.fast_forward(10_000)

    expect(shopper.page.get_by_role("alert")).to_contain_text("The card form did not load")
