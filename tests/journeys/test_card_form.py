"""What the card form on our own page says when something is wrong, and where the cursor is then."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from tests.journeys.console import Console
from tests.journeys.shopper import Flow, Shopper

CONFIRM = "**/v1/payment_intents/*/confirm"


def test_an_incomplete_card_is_said_once_beside_its_field(shopper: Shopper) -> None:
    shopper.order_by(Flow.HERE)
    shopper.pay_button.click()
    form = shopper.card_form(Flow.HERE)
    expect(form.get_by_text("The card number is incomplete.")).to_be_visible()
    expect(form.get_by_label("Card number")).to_be_focused()
    expect(shopper.page.locator("#payment-message")).to_be_empty()
    expect(shopper.pay_button).to_be_enabled()
    shopper.pay(Flow.HERE)

    shopper.sees_it_paid()


def test_after_a_decline_the_keyboard_is_on_the_button(shopper: Shopper, console: Console) -> None:
    console.expect("status of 402")
    shopper.order_by(Flow.HERE)
    shopper.pay(Flow.HERE, "4000 0000 0000 0069")

    expect(shopper.page.get_by_role("alert")).to_have_text("Your card has expired.")
    expect(shopper.pay_button).to_be_focused()


def test_what_is_not_the_shoppers_fault_is_said_in_our_words(
    shopper: Shopper, console: Console
) -> None:
    console.expect("status of 500")
    shopper.order_by(Flow.HERE)
    answer_once(shopper, 500, {"type": "api_error", "message": "A stack trace, say."})
    shopper.pay(Flow.HERE)
    expect(shopper.page.get_by_role("alert")).to_contain_text("charged once at most")
    shopper.pay_button.click()

    shopper.sees_it_paid()


def test_a_failed_challenge_is_said_in_stripes_words(shopper: Shopper, console: Console) -> None:
    """Where Stripe.js asks on the page itself, this is how it tells of a failure."""
    console.expect("status of 400")
    shopper.order_by(Flow.HERE)
    code = "payment_intent_authentication_failure"
    error = {"type": "invalid_request_error", "code": code, "message": "Your bank said no."}
    answer_once(shopper, 400, error)
    shopper.pay(Flow.HERE)

    expect(shopper.page.get_by_role("alert")).to_have_text("Your bank said no.")


def answer_once(shopper: Shopper, status: int, error: dict[str, str]) -> None:
    """Let Stripe refuse the next confirmation, and carry out those after it."""

    def refuse(route: Route) -> None:
        route.fulfill(status=status, json={"error": error})

    shopper.page.route(CONFIRM, refuse, times=1)
