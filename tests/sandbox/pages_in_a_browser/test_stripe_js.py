"""The stand-in for Stripe.js, mounted by a page of another site: confirming and coming back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from stripe_sandbox.app import sandbox_of
from stripe_sandbox.resources.payment_intents import confirm
from tests.sandbox.pages_in_a_browser.pay_page import (
    DECLINED,
    NEEDS_3DS,
    choose,
    serve_shop,
    status_of,
)


def test_a_decline_has_stripes_shape_and_the_next_card_pays(
    app: Flask, page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    frame = mount()
    choose(frame, DECLINED)
    error = page.evaluate("confirm()")["error"]
    choose(frame, "4242424242424242")
    paid = page.evaluate("confirm({redirect: 'if_required'})")

    assert (error["type"], error["code"]) == ("card_error", "card_declined")
    assert error["decline_code"] == "generic_decline"
    assert error["message"] == "Your card was declined."
    assert error["payment_intent"]["id"] == intent["id"]
    assert error["payment_method"]["card"]["last4"] == "0002"
    assert error["doc_url"].endswith("card-declined")
    assert paid["paymentIntent"]["status"] == "succeeded"
    assert status_of(app, intent) == "succeeded"


def test_success_goes_to_the_return_url(
    page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    choose(mount(), "4242424242424242")
    page.evaluate("void confirm()")
    page.wait_for_url("**/return?**")

    assert query_of(page) == {
        "order": ["7"],
        "payment_intent": [intent["id"]],
        "payment_intent_client_secret": [intent["client_secret"]],
        "redirect_status": ["succeeded"],
    }


def test_two_confirmations_at_once_are_one(
    app: Flask, page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    """SH-01."""
    choose(mount(), "4242424242424242")
    once = "confirm({redirect: 'if_required'}).then(({error}) => error ?? null)"
    answers = page.evaluate(f"Promise.all([{once}, {once}])")

    assert answers == [None, None]
    charges = [
        charge
        for charge in sandbox_of(app).newest_first("charge")
        if charge["payment_intent"] == intent["id"]
    ]
    assert len(charges) == 1


@pytest.mark.parametrize(("button", "told"), [("Complete", "succeeded"), ("Fail", "failed")])
def test_three_d_secure_leaves_the_page_and_comes_back(
    page: Page, mount: Callable[..., FrameLocator], button: str, told: str
) -> None:
    choose(mount(), NEEDS_3DS)
    page.evaluate("void confirm()")
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/return?**")

    assert query_of(page)["redirect_status"] == [told]
    assert query_of(page)["order"] == ["7"]


@pytest.mark.parametrize("return_url", [None, "https://shop.test/return"])
def test_a_next_action_that_the_server_left_is_done_over_the_page(
    app: Flask, page: Page, intent: Any, return_url: str | None
) -> None:
    pay = {"payment_method": "pm_card_authenticationRequired", "return_url": return_url}
    confirm(sandbox_of(app), intent["id"], **pay)
    page.evaluate("window.stripe = Stripe('pk_test_x')")
    told = answered(page, f"stripe.handleNextAction({{clientSecret: '{intent['client_secret']}'}})")
    dialog(page).get_by_role("button", name="Complete").click()

    assert told()["paymentIntent"]["status"] == "succeeded"
    assert page.locator("dialog").count() == 0


def test_a_challenge_over_the_page_can_fail_and_the_next_card_pays(
    page: Page, mount: Callable[..., FrameLocator]
) -> None:
    address = page.url
    choose(mount(), NEEDS_3DS)
    told = answered(page, "confirm({redirect: 'if_required'})")
    dialog(page).get_by_role("button", name="Fail").click()
    error = told()["error"]
    choose(page.frame_locator("#element iframe"), "4242424242424242")
    paid = page.evaluate("confirm({redirect: 'if_required'})")

    assert error["code"] == "payment_intent_authentication_failure"
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert paid["paymentIntent"]["status"] == "succeeded"
    assert page.url == address


def test_a_challenge_stays_over_the_page_whatever_the_script_calls_the_sandbox(
    app: Flask, page: Page, intent: Any
) -> None:
    script = sandbox_of(app).public_url.replace("localhost", "127.0.0.1")
    with serve_shop(script) as shop:
        page.goto(f"{shop}/")
        page.evaluate("window.stripe = Stripe('pk_test_x')")
        pay = "confirmParams: {payment_method: 'pm_card_authenticationRequired'}"
        secret = f"clientSecret: '{intent['client_secret']}'"
        told = answered(
            page, f"stripe.confirmPayment({{{secret}, {pay}, redirect: 'if_required'}})"
        )
        dialog(page).get_by_role("button", name="Complete").click()

        assert told()["paymentIntent"]["status"] == "succeeded"


def test_escape_answers_a_challenge_with_no(page: Page, mount: Callable[..., FrameLocator]) -> None:
    choose(mount(), NEEDS_3DS)
    told = answered(page, "confirm({redirect: 'if_required', confirmParams: undefined})")
    expect(dialog(page).get_by_role("button", name="Complete")).to_be_visible()
    page.keyboard.press("Escape")

    assert told()["error"]["code"] == "payment_intent_authentication_failure"


def test_a_known_payment_method_needs_no_element(page: Page, intent: Any) -> None:
    page.evaluate("window.stripe = Stripe('pk_test_x')")
    call = """(clientSecret) => stripe.confirmPayment({
        clientSecret, confirmParams: {payment_method: 'pm_card_visa'}, redirect: 'if_required',
    })"""
    told = page.evaluate(call, intent["client_secret"])

    assert told["paymentIntent"]["status"] == "succeeded"


def test_only_publishable_test_keys_are_taken(page: Page) -> None:
    for key in ("sk_test_x", "pk_live_x", "", "nonsense"):
        told = page.evaluate("key => {try {Stripe(key)} catch (error) {return error.name}}", key)
        assert told == "IntegrationError"


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("stripe.createConfirmationToken({})", "createConfirmationToken()"),
        ("stripe.confirmSetup({})", "confirmSetup()"),
        ("stripe.createToken()", "createToken()"),
        ("stripe.elements({mode: 'setup', currency: 'usd'})", '"setup"'),
    ],
)
def test_what_the_stand_in_lacks_is_named(page: Page, call: str, names: str) -> None:
    page.evaluate("window.stripe = Stripe('pk_test_x')")
    told = page.evaluate(f"() => {{try {{{call}}} catch (error) {{return String(error)}}}}")

    assert told.startswith("IntegrationError: ")
    assert names in told
    assert page.evaluate("(async () => typeof await stripe)()") == "object"


def test_an_intent_can_be_read_with_its_secret(
    page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    mount()
    told = page.evaluate("s => stripe.retrievePaymentIntent(s)", intent["client_secret"])

    assert told["paymentIntent"]["id"] == intent["id"]
    assert page.evaluate("elements.fetchUpdates()") == {}


def answered(page: Page, call: str) -> Callable[[], Any]:
    """Begin a call of Stripe.js; returns what waits for its answer."""
    page.evaluate(f"void {call}.then((answer) => {{window.answer = answer}})")
    return lambda: page.evaluate("until(() => window.answer).then(() => window.answer)")


def dialog(page: Page) -> FrameLocator:
    return page.frame_locator("dialog iframe")


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)
