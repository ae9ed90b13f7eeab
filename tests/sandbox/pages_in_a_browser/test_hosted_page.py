"""The hosted Checkout page in a browser: with its script, and without any."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from stripe_sandbox.app import sandbox_of
from tests.sandbox.pages_in_a_browser.pay_page import DECLINED, NEEDS_3DS, choose

in_euros = pytest.mark.parametrize("session", ["eur"], indirect=True)


@pytest.fixture
def session(app: Flask, shop: str, request: pytest.FixtureRequest) -> Any:
    """A Checkout Session that comes back to the shop's page; in dollars, unless asked for euros."""
    form = {
        "mode": "payment",
        "line_items[0][quantity]": "2",
        "line_items[0][price_data][currency]": getattr(request, "param", "usd"),
        "line_items[0][price_data][unit_amount]": "700",
        "line_items[0][price_data][product_data][name]": "Tea",
        "success_url": f"{shop}/return?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{shop}/cancelled",
    }
    headers = {"Authorization": "Bearer sk_test_x"}
    return app.test_client().post("/v1/checkout/sessions", data=form, headers=headers).json


def charges(app: Flask, session: Any) -> list[Any]:
    sandbox = sandbox_of(app)
    intent = sandbox.get("checkout.session", session["id"])["payment_intent"]
    return [row for row in sandbox.newest_first("charge") if row["payment_intent"] == intent]


def test_a_double_click_pays_once(app: Flask, page: Page, session: Any) -> None:
    """SH-01."""
    page.goto(session["url"])
    page.get_by_label("E-mail").fill("ada@example.com")
    choose(page, "4242424242424242")
    page.get_by_role("button", name="Pay $14.00").dblclick(no_wait_after=True)
    page.wait_for_url(f"**/return?session={session['id']}")

    assert len(charges(app, session)) == 1


def test_a_decline_then_a_challenge_then_the_shop(page: Page, session: Any) -> None:
    page.goto(session["url"])
    page.get_by_label("E-mail").fill("ada@example.com")
    choose(page, DECLINED)
    page.get_by_role("button", name="Pay").click()
    expect(page.locator(".alert")).to_have_text("Your card was declined.")
    choose(page, NEEDS_3DS)
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Fail").click()
    expect(page.locator(".alert")).to_contain_text("unable to authenticate")
    choose(page, NEEDS_3DS)
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url(f"**/return?session={session['id']}")


def test_the_script_warns_before_anything_is_sent(app: Flask, page: Page, session: Any) -> None:
    page.goto(session["url"])
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Card number").fill("4242 4242 4242 4241")
    page.get_by_role("button", name="Pay").click()

    expect(page.get_by_role("alert").filter(has_text="not valid")).to_be_visible()
    expect(page.get_by_label("Card number")).to_be_focused()
    assert sandbox_of(app).get("checkout.session", session["id"])["payment_intent"] is None


def test_the_back_button_brings_a_page_that_can_be_used(page: Page, session: Any) -> None:
    page.goto(session["url"])
    page.get_by_label("E-mail").fill("ada@example.com")
    choose(page, NEEDS_3DS)
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url("**/3d_secure/**")
    page.go_back()

    expect(page.get_by_role("button", name="Pay $14.00")).to_be_enabled()


def test_no_script_is_needed(browser: BrowserContext, session: Any) -> None:
    """SH-21."""
    assert browser.browser is not None
    page = browser.browser.new_context(java_script_enabled=False).new_page()
    page.goto(session["url"])
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Card number").fill(NEEDS_3DS)
    page.get_by_label("Expiry").fill("12/34")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url(f"**/return?session={session['id']}")
    page.context.close()


@in_euros
def test_a_debit_is_one_choice_and_one_click_away(page: Page, session: Any) -> None:
    page.goto(session["url"])
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("radio", name="SEPA").check()
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_label("IBAN")).to_be_focused()
    expect(page.get_by_label("IBAN")).to_have_accessible_description("The IBAN is incomplete.")
    choose(page, "AT611904300234573201")
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(f"**/return?session={session['id']}")


@in_euros
def test_the_keyboard_chooses_and_no_script_is_needed_for_ideal(
    browser: BrowserContext, session: Any
) -> None:
    """SH-21."""
    assert browser.browser is not None
    page = browser.browser.new_context(java_script_enabled=False).new_page()
    page.goto(session["url"])
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("radio", name="Card").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Card number")).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"**/return?session={session['id']}")
    page.context.close()


@in_euros
@pytest.mark.parametrize("width", [320, 1200])
def test_nothing_is_wider_than_the_window(page: Page, session: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(session["url"])
    page.locator("summary:visible").click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
