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
from tests.sandbox.pages_in_a_browser.pay_page import DECLINED, NEEDS_3DS, choose, status_of


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


def test_a_challenge_without_a_return_url_is_handled_too(
    app: Flask, page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    mount()
    confirm(sandbox_of(app), intent["id"], payment_method="pm_card_authenticationRequired")
    page.evaluate("s => void stripe.handleNextAction({clientSecret: s})", intent["client_secret"])
    page.get_by_role("button", name="Complete").click()

    expect(page.get_by_role("heading")).to_have_text("This check is over")
    assert status_of(app, intent) == "succeeded"


def test_a_next_action_that_the_server_left_is_handled(
    app: Flask, page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    mount()
    confirm(
        sandbox_of(app),
        intent["id"],
        payment_method="pm_card_authenticationRequired",
        return_url=f"{page.url}return",
    )
    page.evaluate("s => void stripe.handleNextAction({clientSecret: s})", intent["client_secret"])
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url("**/return?**")

    assert status_of(app, intent) == "succeeded"


def test_only_publishable_test_keys_are_taken(page: Page) -> None:
    for key in ("sk_test_x", "pk_live_x", "", "nonsense"):
        told = page.evaluate("key => {try {Stripe(key)} catch (error) {return error.name}}", key)
        assert told == "IntegrationError"


def test_an_intent_can_be_read_with_its_secret(
    page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    mount()
    told = page.evaluate("s => stripe.retrievePaymentIntent(s)", intent["client_secret"])

    assert told["paymentIntent"]["id"] == intent["id"]
    assert page.evaluate("elements.fetchUpdates()") == {}


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)
