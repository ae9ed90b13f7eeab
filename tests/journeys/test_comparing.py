"""Both flows on one page: paid in either column, watched in both; and a trace that is live."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.shopper import Flow, Shopper
from tests.journeys.stripe_side import StripeSide

A_TIME = re.compile(r"^\d+(\.\d+ s| min \d+ s)$")
# The webhook and the way back race for it, and either may be first.
WHAT_PAID_IT = re.compile("Payment and order move in one|Stripe’s answer counts like an event")


def begin(shopper: Shopper) -> None:
    """Place both orders and wait for the card form."""
    shopper.page.goto(f"{shopper.shop_url}/compare")
    shopper.press("Place both orders")
    expect(shopper.page.locator("#payment-submit")).to_be_enabled()


def test_each_column_is_paid_while_the_other_is_watched(shopper: Shopper) -> None:
    begin(shopper)
    shopper.page.evaluate("window.isTheSameDocument = true")
    shopper.page.evaluate(
        "document.getElementById('standing-checkout_session').isTheSameRegion = 1"
    )
    with shopper.browser.expect_page() as opened:
        shopper.page.locator("#pay-on-stripe").click()
    at_stripe = Shopper(shopper.browser, shopper.shop_url)
    at_stripe.page.close()
    at_stripe.page = opened.value
    at_stripe.fill_card(Flow.ON_STRIPE)
    at_stripe.pay_button.click()

    expect(shopper.page.locator("#live-checkout_session[data-status=paid]")).to_be_visible()
    expect(shopper.page.locator("#live-payment_intent[data-status=pending]")).to_be_visible()
    # The button is gone with the focus that it had; the region that was listened to is still there.
    expect(shopper.page.locator("#column-checkout_session")).to_be_focused()
    assert shopper.page.evaluate("document.querySelector('[role=status].good').isTheSameRegion")
    expect(shopper.page.locator("#times tr:last-child td").last).to_have_text(A_TIME)
    assert shopper.page.evaluate("window.isTheSameDocument")

    paste_a_test_card(shopper)
    shopper.page.locator("#payment-submit").click()
    for flow in ("payment_intent", "checkout_session"):
        expect(shopper.page.locator(f"#live-{flow}[data-status=paid]")).to_be_visible()
    assert shopper.page.url == f"{shopper.shop_url}/compare"


def paste_a_test_card(shopper: Shopper) -> None:
    """Take the card's number from its button; where the browser won't copy, it is marked."""
    page, copied = shopper.page, shopper.page.locator("#copied")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    page.get_by_role("button", name="Copy 4000 0000 0000 0002").click()
    expect(copied).to_have_text("4000 0000 0000 0002 is marked. Copy it with your keyboard.")
    assert page.evaluate("getSelection().toString()") == "4000 0000 0000 0002"

    page.evaluate("() => { delete navigator.clipboard.writeText; }")
    page.get_by_role("button", name="Copy 4242 4242 4242 4242").click()
    expect(copied).to_have_text("4242 4242 4242 4242 is copied. Paste it into the card form.")
    shopper.fill_card(Flow.HERE, card="")
    number = shopper.card_form(Flow.HERE).get_by_label("Card number")
    number.press("Control+V")
    expect(number).to_have_value("4242 4242 4242 4242")


def test_the_arrows_light_up_without_a_reload_and_what_is_open_stays_open(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    shopper.order_by(Flow.HERE)
    watching = shopper.another_tab()
    trace = watching.page.locator(".trace")
    expect(trace.locator("li.to-come")).to_have_count(5)
    trace.locator("details", has_text="creates a PaymentIntent").locator("summary").click()
    shopper.pay(Flow.HERE)

    expect(trace.locator("li.to-come")).to_have_count(0)
    expect(trace.get_by_text(WHAT_PAID_IT)).to_have_count(1)
    expect(trace.get_by_text("Idempotency-Key: pay_")).to_be_visible()


def test_an_event_that_comes_late_is_told_after_the_order_is_paid(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    """SH-11: the way back knows first; the page waits for the event behind it."""
    with stripe_side.holding_back():
        shopper.order_by(Flow.HERE)
        shopper.pay(Flow.HERE)
        shopper.sees_it_paid()
        expect(shopper.page.locator(".trace li.to-come")).to_have_count(2)

    expect(shopper.page.locator(".trace li.to-come")).to_have_count(0)
    expect(shopper.page.locator(".trace")).to_contain_text("older than what we know")


def test_nothing_is_wider_than_a_narrow_screen(shopper: Shopper) -> None:
    shopper.page.set_viewport_size({"width": 320, "height": 700})
    begin(shopper)
    for summary in shopper.page.locator(".story summary").all():
        summary.click()

    assert shopper.page.evaluate("document.documentElement.scrollWidth") == 320
