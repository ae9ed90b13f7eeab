"""A Chromium, a served sandbox and a shop's page of another site, for the tests of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page

from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.resources.payment_intents import make
from tests.sandbox.pages_in_a_browser.pay_page import serve_shop
from tests.sandbox.served import served


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 420, "height": 800})
    yield context
    context.close()


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    with served(create_sandbox(send=lambda *_: 200)) as app:
        yield app


@pytest.fixture(scope="module")
def shop(app: Flask) -> Iterator[str]:
    with serve_shop(sandbox_of(app).public_url) as origin:
        yield origin


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the console complains of; a test that expects it empties the list."""
    found: list[str] = []
    yield found
    # A declined card is a 402 of the API, and Chromium writes down every failed request.
    assert [text for text in found if "status of 402" not in text] == []


@pytest.fixture
def page(browser: BrowserContext, shop: str, problems: list[str]) -> Iterator[Page]:
    """The shop's page, before it mounts anything."""
    page = browser.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.set_default_timeout(60_000)
    page.goto(f"{shop}/")
    yield page
    page.close()


@pytest.fixture
def intent(app: Flask) -> Any:
    """A fresh PaymentIntent of ten dollars."""
    automatic = {"enabled": True}
    params = {"amount": 1000, "currency": "usd", "automatic_payment_methods": automatic}
    return make(sandbox_of(app), params)


@pytest.fixture
def mount(page: Page, intent: Any) -> Callable[..., FrameLocator]:
    """Mount the Element for the intent, with options of `start`; returns its frame when ready."""

    def mounted(**options: Any) -> FrameLocator:
        page.evaluate(
            "([secret, options]) => start(secret, options)", [intent["client_secret"], options]
        )
        page.evaluate("until(() => events.some(({type}) => type === 'ready'))")
        return page.frame_locator("#element iframe")

    return mounted
