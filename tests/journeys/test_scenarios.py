"""Every scenario of the panel "Make it interesting", from its button to its end in the trace.

Each order's page is looked at by axe and by html5lib while its scenario is armed; the console,
which tells of the Content-Security-Policy too, is quiet unless a card is declined.
"""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from storefront.scenarios import PAY_BOTH, SCENARIOS
from tests.journeys.console import Console
from tests.journeys.shopper import Flow, NewShopper, Shopper
from tests.journeys.stripe_side import StripeSide
from tests.journeys.test_accessibility import faults_of
from tests.journeys.test_comparing import begin
from tests.pages.html import checked_page

LEARNED = "Stripe’s answer counts like an event"
MOVED = "Payment and order move in one transaction"
ALONE = "Pay, and never come back"
MOST_LOOKS = 60


def try_out(shopper: Shopper, name: str, flow: Flow = Flow.HERE) -> None:
    """Order something, press the scenario's button on the order's page, and look at the page."""
    shopper.order_by(flow)
    shopper.page.goto(shopper.order_url)
    shopper.page.locator(".scenarios > summary").click()
    shopper.press(SCENARIOS[name].title)
    expect(panel_of(shopper)).to_contain_text("armed; nothing has happened yet")
    look_at(shopper)


def pay(shopper: Shopper, flow: Flow = Flow.HERE) -> None:
    """Pay from the order's page and come back to it."""
    shopper.pay_again_by(flow)
    shopper.pay(flow)


def look_at(shopper: Shopper) -> None:
    """Let html5lib and axe look at the page where the shopper is."""
    assert faults_of(shopper.page) == []
    checked_page(shopper.page.request.get(shopper.page.url).text())


def panel_of(shopper: Shopper) -> Locator:
    return shopper.page.locator(".scenarios .note")


def messages_in(shopper: Shopper) -> Locator:
    return shopper.page.locator(".tried-out > [role=status]")


def trace_of(shopper: Shopper) -> Locator:
    return shopper.page.locator(".trace")


def comes_to_say(shopper: Shopper, place: Locator, text: re.Pattern[str] | str) -> None:
    """Look again until it is there: news of what was ignored changes no page by itself."""
    for _ in range(MOST_LOOKS):
        if re.search(text, " ".join(place.inner_text().split())):
            break
        shopper.page.wait_for_timeout(250)
        shopper.page.reload()
    expect(place).to_contain_text(text)


def test_the_webhook_comes_before_the_redirect(shopper: Shopper) -> None:
    try_out(shopper, "before-the-redirect")
    pay(shopper)
    shopper.sees_it_paid()

    expect(trace_of(shopper)).to_contain_text(MOVED)
    expect(trace_of(shopper)).not_to_contain_text(LEARNED)


def test_the_webhook_comes_after_a_minute(shopper: Shopper, stripe_side: StripeSide) -> None:
    """The minute is cut short at the sandbox."""
    try_out(shopper, "after-a-minute", Flow.ON_STRIPE)
    pay(shopper, Flow.ON_STRIPE)
    shopper.sees_it_paid()
    expect(trace_of(shopper)).to_contain_text(LEARNED)
    expect(trace_of(shopper).locator("li.to-come")).to_have_count(2)
    expect(panel_of(shopper).locator("li", has_text="to come")).to_have_count(4)

    expect(panel_of(shopper)).to_contain_text("struck 4 times")
    expect(shopper.page.locator(".tried-out").get_by_text("armed")).to_have_count(0)

    stripe_side.hurry_what_is("delay")

    expect(panel_of(shopper).locator("li", has_text="to come")).to_have_count(0)
    expect(trace_of(shopper).locator("li.to-come")).to_have_count(0)
    expect(trace_of(shopper)).to_contain_text("older than what we know")


def test_the_webhooks_come_in_reverse(shopper: Shopper) -> None:
    try_out(shopper, "in-reverse", Flow.ON_STRIPE)
    pay(shopper, Flow.ON_STRIPE)
    shopper.sees_it_paid()

    first, last = "checkout.session.completed", "payment_intent.created"
    comes_to_say(shopper, trace_of(shopper), re.compile(f"{first}.*{last}", re.DOTALL))
    shopper.sees_it_paid()


def test_the_webhook_never_comes_and_the_order_is_reconciled(shopper: Shopper) -> None:
    try_out(shopper, "never")
    shopper.press(ALONE)
    expect(panel_of(shopper)).to_contain_text("payment_intent.succeeded never sent")
    shopper.sees("pending")
    stays_as_it_was_left(shopper)
    look_at(shopper)

    shopper.press("Reconcile now")

    expect(messages_in(shopper)).to_contain_text("Reconciled")
    shopper.sees("paid")
    expect(trace_of(shopper)).to_contain_text(LEARNED)


def stays_as_it_was_left(shopper: Shopper) -> None:
    """Open something in the panel, go to a button, and let the panel renew itself."""
    others = shopper.page.locator(".others")
    others.locator("summary").click()
    shopper.page.get_by_role("button", name="Disarm").focus()

    with shopper.page.expect_response(re.compile(r"/scenarios$")):
        pass
    shopper.page.wait_for_timeout(250)

    expect(others).to_have_attribute("open", "")
    expect(shopper.page.get_by_role("button", name="Disarm")).to_be_focused()


def test_the_webhook_comes_with_a_wrong_signature(shopper: Shopper) -> None:
    try_out(shopper, "wrong-signature")
    shopper.press(ALONE)
    shopper.sees("paid")

    expect(panel_of(shopper)).to_contain_text(re.compile(r"succeeded\s+400\s+400\s+200"))
    expect(trace_of(shopper)).to_contain_text(MOVED)
    look_at(shopper)


def test_the_card_is_declined_and_the_next_one_is_not(
    shopper: Shopper, stripe_side: StripeSide, console: Console
) -> None:
    console.expect("status of 402")
    try_out(shopper, "decline")
    watching = shopper.another_tab()
    pay(shopper)
    expect(shopper.page.get_by_role("alert")).to_have_text("Your card was declined.")
    shopper.pay(Flow.HERE)
    shopper.sees_it_paid()

    expect(panel_of(watching)).to_contain_text("it has happened")
    expect(watching.page.get_by_text("Choose, then pay")).to_have_count(0)
    comes_to_say(shopper, trace_of(shopper), "payment pending → failed")
    expect(panel_of(shopper)).to_contain_text("it has happened")
    assert stripe_side.charged_for(shopper.order_number) == [1400]


def test_the_bank_asks_whatever_the_card(shopper: Shopper) -> None:
    try_out(shopper, "three-d-secure")
    pay(shopper)
    shopper.press("Complete")
    shopper.sees_it_paid()

    comes_to_say(shopper, trace_of(shopper), "payment_intent.requires_action")


def test_both_ways_are_paid_and_one_payment_goes_back(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    """SH-04, the worst case."""
    shopper.order_by(Flow.HERE)
    shopper.page.goto(shopper.order_url)
    watching = shopper.another_tab()
    watching.page.locator(".scenarios > summary").click()
    watching.page.get_by_role("button", name=SCENARIOS["never"].title).focus()
    shopper.page.locator(".scenarios > summary").click()
    shopper.press(SCENARIOS[PAY_BOTH].title)
    expect(messages_in(shopper)).to_contain_text("Both payments went through")
    shopper.sees("paid")
    expect(shopper.page.locator(".scenarios")).to_have_count(0)
    expect(watching.page.locator(".scenarios")).to_have_count(0)
    expect(watching.page.get_by_role("heading", level=1)).to_be_focused()
    expect(messages_in(shopper)).to_contain_text(str(SCENARIOS[PAY_BOTH].answer))

    comes_to_say(shopper, trace_of(shopper), "asks Stripe to give money back")
    look_at(shopper)
    assert stripe_side.charged_for(shopper.order_number) == [1400, 1400]
    assert stripe_side.given_back_for(shopper.order_number) == [1400]


def test_the_webhook_comes_twice_in_one_column_of_the_comparison(
    new_shopper: NewShopper,
) -> None:
    shopper = new_shopper(reduced_motion="reduce", color_scheme="dark")
    begin(shopper)
    column = shopper.page.locator("section[aria-labelledby=column-checkout_session]")
    column.locator(".scenarios > summary").click()
    column.get_by_role("button", name=SCENARIOS["twice"].title).click()
    expect(column.locator(".scenarios .note")).to_contain_text("nothing has happened yet")
    expect(panel_of(shopper)).to_have_count(1)
    look_at(shopper)

    column.get_by_role("button", name=ALONE).click()

    paid = shopper.page.locator("#live-checkout_session[data-status=paid]")
    expect(paid).to_be_visible()
    expect(shopper.page.locator("#live-payment_intent[data-status=pending]")).to_be_visible()
    comes_to_say(shopper, paid, "each repeat was a duplicate, ignored")
    expect(panel_of(shopper)).to_contain_text("the same event again")
