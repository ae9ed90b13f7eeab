"""The Payment Element's frame: what it shows, refuses and tells, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from stripe_sandbox.app import sandbox_of
from stripe_sandbox.resources.payment_intents import cancel, confirm
from tests.sandbox.pages_in_a_browser.pay_page import DECLINED, choose, status_of


def test_the_element_reports_what_the_shopper_types_and_never_the_card(
    page: Page, mount: Callable[..., FrameLocator]
) -> None:
    frame = mount()
    frame.locator("#card-number").click()
    page.keyboard.type("4242424242424242" + "1234" + "123")
    page.evaluate("until(() => events.at(-1).complete)")

    assert frame.locator("#card-number").input_value() == "4242 4242 4242 4242"
    assert frame.locator("#card-expiry").input_value() == "12 / 34"
    types = page.evaluate("events.map(({type}) => type)")
    assert types[0] == "ready"
    assert {"focus", "change"} <= set(types)
    assert "4242" not in page.evaluate("JSON.stringify(events)")


def test_the_frame_is_as_high_as_what_is_in_it(
    page: Page, mount: Callable[..., FrameLocator]
) -> None:
    frame = mount()
    closed = page.locator("iframe").bounding_box()
    frame.locator("summary:visible").click()
    page.evaluate("until(() => document.querySelector('iframe').clientHeight > 400)")
    inside = frame.locator("html").evaluate("html => [html.scrollHeight, innerHeight]")

    assert closed is not None
    assert closed["height"] < 400
    assert inside[0] <= inside[1]


CONTRAST = """node => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const luminance = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => byte / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = getComputedStyle(document.documentElement).backgroundColor;
    const both = [luminance(getComputedStyle(node).color), luminance(behind)];
    const [dark, light] = both.sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
}"""

MISTYPED = {
    ("", "", ""): "incomplete_number",
    ("4242", "12/34", "123"): "incomplete_number",
    ("4242424242424241", "12/34", "123"): "invalid_number",
    ("4242424242424242", "12", "123"): "incomplete_expiry",
    ("4242424242424242", "13/34", "123"): "invalid_expiry_month",
    ("4242424242424242", "12/20", "123"): "invalid_expiry_year_past",
    ("4242424242424242", "12/34", "12"): "incomplete_cvc",
    ("378282246310005", "12/34", "123"): "incomplete_cvc",
}


def test_a_mistyped_card_is_refused_before_it_is_sent(
    app: Flask, page: Page, intent: Any, mount: Callable[..., FrameLocator]
) -> None:
    frame = mount()
    for typed, code in MISTYPED.items():
        for field, text in zip(("number", "expiry", "cvc"), typed, strict=True):
            frame.locator(f"#card-{field}").fill(text)
        submitted = page.evaluate("elements.submit()")
        assert submitted["error"]["type"] == "validation_error"
        assert (typed, submitted["error"]["code"]) == (typed, code)
        assert submitted["error"]["message"]
        assert page.evaluate("confirm()") == submitted
        assert frame.locator("[aria-invalid=true]").count() >= 1
    assert status_of(app, intent) == "requires_payment_method"


def test_dates_are_taken_as_people_write_them(
    page: Page, mount: Callable[..., FrameLocator]
) -> None:
    frame = mount()
    for typed, shown in {"1/34": "01 / 34", "12/2034": "12 / 34", "1234": "12 / 34"}.items():
        frame.locator("#card-expiry").fill(typed)
        assert frame.locator("#card-expiry").input_value() == shown


@pytest.mark.parametrize("end", ["succeeded", "canceled"])
def test_a_finished_intent_is_a_loaderror(app: Flask, page: Page, intent: Any, end: str) -> None:
    sandbox = sandbox_of(app)
    if end == "succeeded":
        confirm(sandbox, intent["id"], payment_method="pm_card_visa")
    else:
        cancel(sandbox, intent["id"], reason=None)
    page.evaluate("secret => start(secret)", intent["client_secret"])
    page.evaluate("until(() => events.length)")
    page.wait_for_timeout(50)
    [event] = page.evaluate("events")

    assert event["type"] == "loaderror"
    assert event["error"]["code"] == "payment_intent_unexpected_state"
    assert page.locator("iframe").count() == 0


def test_someone_elses_secret_is_a_loaderror(page: Page, intent: Any, problems: list[str]) -> None:
    page.evaluate("secret => start(secret)", f"{intent['id']}_secret_guessed")
    page.evaluate("until(() => events.length)")

    assert page.evaluate("events[0].type") == "loaderror"
    assert page.evaluate("events[0].error.code") == "resource_missing"
    assert ["404" in text for text in problems] == [True]
    problems.clear()


def test_the_night_theme_and_variables_reach_the_frame(
    page: Page, mount: Callable[..., FrameLocator]
) -> None:
    frame = mount(appearance={"theme": "night", "variables": {"colorText": "rgb(1, 2, 3)"}})

    expect(frame.locator("body")).to_have_css("color", "rgb(1, 2, 3)")
    assert frame.locator("html").evaluate("html => getComputedStyle(html).colorScheme") == "dark"
    page.evaluate("elements.update({appearance: {theme: 'stripe'}})")
    expect(frame.locator("html")).to_have_css("color-scheme", "light")


def test_rules_and_sizes_reach_the_frame_and_nothing_else(
    page: Page, mount: Callable[..., FrameLocator]
) -> None:
    rules = {".Input": {"borderTopWidth": "7px"}, "body": {"color": "red"}, ".Label::x{}": {}}
    variables = {"spacingUnit": "6px", "fontFamily": "monospace", "Odd name": "1"}
    frame = mount(appearance={"rules": rules, "variables": variables})
    card = frame.get_by_label("Card number")

    expect(card).to_have_css("border-top-width", "7px")
    expect(card).to_have_css("padding-left", "18px")
    expect(card).to_have_css("font-family", "monospace")
    expect(frame.locator("body")).not_to_have_css("color", "rgb(255, 0, 0)")
    page.evaluate("elements.update({appearance: {theme: 'flat'}})")
    expect(card).to_have_css("border-top-width", "1px")


@pytest.mark.parametrize("theme", ["stripe", "night", "flat"])
def test_every_theme_can_be_read(mount: Callable[..., FrameLocator], theme: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, for text that is small. The page behind is the theme's own."""
    frame = mount(appearance={"theme": theme})
    frame.locator("html").evaluate("html => html.style.background = 'var(--colorBackground)'")
    parts = ("label", ".Input", "summary", ".notice", ".Error")
    contrasts = {part: frame.locator(part).first.evaluate(CONTRAST) for part in parts}

    assert {part: found for part, found in contrasts.items() if found < 4.5} == {}


def test_the_element_speaks_chinese(page: Page, mount: Callable[..., FrameLocator]) -> None:
    frame = mount(locale="zh-TW")
    choose(frame, DECLINED)

    assert frame.get_by_label("卡號").is_visible()
    assert page.evaluate("confirm()")["error"]["message"] == "卡片遭拒。"


def test_a_message_from_another_window_is_not_heard(
    page: Page, mount: Callable[..., FrameLocator]
) -> None:
    mount()
    before = page.evaluate("events.length")
    page.evaluate("postMessage({type: 'change', complete: true, empty: false}, '*')")
    page.wait_for_timeout(50)

    assert page.evaluate("events.length") == before


def test_a_page_that_lies_about_its_origin_gets_no_element(
    app: Flask, page: Page, problems: list[str]
) -> None:
    url = f"{sandbox_of(app).public_url}/elements/payment?origin=http://other.test"
    framed = """url => new Promise((resolve) => {
        const frame = document.createElement('iframe');
        addEventListener('message', () => resolve('spoke'));
        frame.onload = () => setTimeout(() => resolve('silent'), 300);
        frame.src = url;
        document.body.append(frame);
    })"""
    assert page.evaluate(framed, url) == "silent"
    assert "frame-ancestors" in "".join(problems)
    problems.clear()
