"""Real browsers in front of the real shop and the sandbox: three kinds of processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.journeys.console import Console, quiet_console
from tests.journeys.shopper import NewShopper, Shopper
from tests.journeys.stripe_side import StripeSide
from tests.processes import LiveShop


@pytest.fixture(scope="session")
def live_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """The shop and the sandbox of every journey; who stops one of them starts it again."""
    with LiveShop(tmp_path_factory.mktemp("live_shop")) as running:
        yield running


@pytest.fixture
def console() -> Iterator[Console]:
    """What the journey's browsers complain of; anything unexpected fails the test at its end."""
    with quiet_console() as console:
        yield console


@pytest.fixture
def new_shopper(chromium: Browser, live_shop: LiveShop, console: Console) -> Iterator[NewShopper]:
    """Make somebody new, with cookies of their own; options go to the browser."""
    opened = []

    def make(**options: object) -> Shopper:
        browser = chromium.new_context(**options)  # type: ignore[arg-type]
        opened.append(browser)
        console.listen_to(browser)
        return Shopper(browser, live_shop.url)

    yield make
    for browser in opened:
        browser.close()


@pytest.fixture
def shopper(new_shopper: NewShopper) -> Shopper:
    """Somebody with a browser and an empty cart."""
    return new_shopper()


@pytest.fixture
def stripe_side(playwright: Playwright, live_shop: LiveShop) -> Iterator[StripeSide]:
    """Stripe's side of the journey."""
    request = playwright.request.new_context()
    yield StripeSide(request, live_shop.sandbox_url)
    request.dispose()
