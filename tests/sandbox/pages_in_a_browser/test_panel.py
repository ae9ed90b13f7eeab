"""The control panel in a browser: it follows what happens, and its buttons do what they say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from stripe_sandbox.app import sandbox_of
from stripe_sandbox.resources.payment_intents import make
from stripe_sandbox.resources.webhook_endpoints import secret_of


@pytest.fixture
def panel(browser: BrowserContext, app: Flask) -> Iterator[Page]:
    sandbox = sandbox_of(app)
    sandbox.reset()
    secret_of(sandbox, "http://shop.test/hook")
    problems: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.set_default_timeout(60_000)
    page.goto(f"{sandbox.public_url}/_sandbox/")
    yield page
    page.close()
    # A refused verb is a 400, and Chromium writes down every failed request.
    assert [text for text in problems if "status of 400" not in text] == []


def pay(app: Flask) -> None:
    make(sandbox_of(app), {"amount": 1000, "currency": "usd"})


def test_it_follows_what_happens_and_what_is_open_stays_open(panel: Page, app: Flask) -> None:
    pay(app)
    panel.locator("#events summary").first.click()
    panel.get_by_text("The event as JSON").click()
    expect(panel.locator("pre:visible")).to_contain_text('"type": "payment_intent.created"')

    sandbox_of(app).deliveries.drain()

    expect(panel.locator("#events summary .state")).to_have_text("delivered")
    expect(panel.locator("pre:visible")).to_contain_text('"type": "payment_intent.created"')


def test_the_buttons_work_from_the_keyboard_and_keep_the_focus(panel: Page, app: Flask) -> None:
    panel.get_by_role("button", name="Hold all").press("Enter")
    expect(panel.get_by_text("All held")).to_be_visible()
    pay(app)
    panel.locator("#events summary").first.press("Enter")
    release = panel.get_by_role("button", name="Deliver now")
    release.focus()
    pay(app)

    expect(panel.locator("#glance")).to_contain_text("2 waiting")
    expect(release.first).to_be_focused()
    release.press("Enter")

    expect(panel.get_by_role("status")).to_have_text("Done: Deliver now payment_intent.created.")
    assert len(sandbox_of(app).deliveries.drain()) == 1


def test_a_rule_is_added_with_the_fields_of_its_kind_only(panel: Page, app: Flask) -> None:
    form = panel.locator("form").filter(has=panel.get_by_label("Deliveries"))
    expect(form.get_by_label("Seconds, at most")).to_be_hidden()
    form.get_by_label("Deliveries").select_option("delay")
    form.get_by_label("Seconds, at most").fill("7")
    form.get_by_label("Event type").fill("charge.*")
    form.get_by_role("button").click()

    expect(panel.locator("#rules")).to_contain_text("charge.* events come late")
    [rule] = sandbox_of(app).rules.all()
    assert (rule["kind"], rule["type"], rule["seconds"]) == ("delay", "charge.*", 7)


def test_what_cannot_be_is_said(panel: Page) -> None:
    form = panel.locator("form").filter(has=panel.get_by_label("Path begins with"))
    form.get_by_label("Path begins with").fill("/elsewhere")
    form.get_by_role("button").click()

    expect(panel.get_by_role("alert")).to_have_text(
        "path must be a path of Stripe's that begins with /v1/."
    )


def test_it_fits_a_small_phone(panel: Page, app: Flask) -> None:
    pay(app)
    panel.set_viewport_size({"width": 320, "height": 640})
    panel.locator("#events summary").first.click()

    assert panel.evaluate("document.documentElement.scrollWidth") <= 320
