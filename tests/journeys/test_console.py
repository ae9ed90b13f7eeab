"""Negative controls: the console that every journey ends with does hear what it must."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journeys.console import quiet_console
from tests.processes import LiveShop

MISDEEDS = {
    "CSP violation: style-src": "document.body.setAttribute('style', 'color: red')",
    "CSP violation: script-src": """{
        const script = document.createElement('script');
        script.text = 'void 0';
        document.body.append(script);
    }""",
    "CSP violation: connect-src": "void fetch('http://127.0.0.1:9/').catch(() => 0)",
    "CSP violation: img-src": "document.images[0].src = 'http://localhost:9/pixel.png'",
    "uncaught: thrown": "setTimeout(() => { throw new Error('thrown'); })",
    "uncaught: rejected": "void Promise.reject(new Error('rejected'))",
    "warning: beware": "console.warn('beware')",
    "status of 404": "void fetch('/no-such-page')",
}
MOST_NAPS = 100


@pytest.mark.parametrize("complaint", MISDEEDS)
def test_a_misdeed_fails_the_journey(
    chromium: Browser, live_shop: LiveShop, complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        visit(chromium, live_shop.url, MISDEEDS[complaint], until=complaint)


def test_an_announced_complaint_that_never_comes_fails_the_journey() -> None:
    with pytest.raises(AssertionError, match="never said: told"), quiet_console() as console:
        console.expect("told")


def test_a_visit_without_a_misdeed_is_quiet(chromium: Browser, live_shop: LiveShop) -> None:
    visit(chromium, live_shop.url, "void 0")


def visit(chromium: Browser, url: str, script: str, *, until: str | None = None) -> None:
    """Run a script on a page of the shop, and stay until a complaint is heard, if one must be."""
    with quiet_console() as console:
        browser = chromium.new_context()
        console.listen_to(browser)
        page = browser.new_page()
        page.goto(url)
        page.evaluate(script)
        for _ in range(MOST_NAPS if until else 2):
            if until and any(until in said for said in console.complaints):
                break
            page.wait_for_timeout(50)
        browser.close()
