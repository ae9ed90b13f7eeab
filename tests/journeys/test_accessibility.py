"""axe-core finds nothing in any page and state, in both languages, on light and on dark.

Each page is also looked at on the narrowest screen that counts, at which nothing may stick out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from storefront.models import Product
from tests.journeys.console import Console
from tests.journeys.served import become, served_shop
from tests.pages.states import STATES
from tests.shop import Shop, Visitor

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# What is in Stripe's frame is Stripe's; the rest is everything that axe knows, best practices too.
RUN_AXE = """async (part) => (await axe.run(part, {iframes: false})).violations.map(
  (each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.html).join(' | ')}`)"""
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOOKS = {
    "english-light": {"locale": "en-US", "color_scheme": "light"},
    "chinese-dark": {"locale": "zh-TW", "color_scheme": "dark"},
}
NARROWEST = {"width": 320, "height": 640}
each_look = pytest.mark.parametrize("look", LOOKS)


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    """A shop in this process that a browser can open."""
    with served_shop(sqlite_url) as running:
        yield running


@each_look
def test_the_pages_before_an_order_have_no_fault(
    chromium: Browser, shop: Shop, console: Console, look: str
) -> None:
    console.expect("status of 404")
    console.expect("status of 422")
    visitor = shop.visitor()
    visitor.add("fountain-pen", 2)
    visitor.add("block-plane")
    with a_page(chromium, console, look, visitor) as page:
        for path in ("/", "/products/fountain-pen", "/products/block-plane", "/nowhere",
                     "/products/folding-lamp", "/cart", "/checkout"):  # fmt: skip
            page.goto(path)
            assert faults_of(page) == []
        page.locator(".preferences summary").click()
        assert faults_of(page) == []
        page.locator("button[value=payment_intent]").click()
        expect(page.locator("#error-summary")).to_be_focused()
        assert faults_of(page) == []


@each_look
def test_an_empty_cart_and_one_with_news_have_no_fault(
    chromium: Browser, shop: Shop, console: Console, look: str
) -> None:
    visitor = shop.visitor()
    visitor.get("/products/fountain-pen")
    with a_page(chromium, console, look, visitor) as page:
        page.goto("/cart")
        assert faults_of(page) == []
        visitor.add("fountain-pen", 2)
        shop.write(update(Product).values(stock=1))
        page.goto("/cart")
        assert faults_of(page) == []


@each_look
@pytest.mark.parametrize("name", STATES)
def test_an_order_has_no_fault(
    chromium: Browser, shop: Shop, console: Console, *, look: str, name: str
) -> None:
    visitor = shop.visitor()
    token = STATES[name].reach(shop, visitor)
    with a_page(chromium, console, look, visitor) as page:
        page.goto(f"/orders/{token}")
        assert faults_of(page) == []
        if STATES[name].can_be_mounted:
            page.goto(f"/orders/{token}/pay")
            page.locator("#payment-submit:not([disabled])").wait_for()
            assert faults_of(page) == []


def test_a_fault_is_found(chromium: Browser, shop: Shop, console: Console) -> None:
    """The control: a button that nobody can read, and one that nobody can see."""
    with a_page(chromium, console, "english-light", shop.visitor()) as page:
        page.goto("/")
        page.evaluate(
            "document.querySelector('h1').insertAdjacentHTML('afterend', '<button></button>')"
        )
        page.evaluate("document.querySelector('h1 ~ p').style.setProperty('color', '#ccc')")

        assert {fault.partition(":")[0] for fault in faults_of(page)} >= {
            "button-name",
            "color-contrast",
        }


def test_what_is_taken_away_leaves_the_focus_with_what_came(
    chromium: Browser, shop: Shop, console: Console
) -> None:
    visitor = shop.visitor()
    token = visitor.buy()
    with a_page(chromium, console, "english-light", visitor) as page:
        page.goto(f"/orders/{token}")
        page.locator("#cancel-order").focus()
        with page.expect_response("**/status"):
            pass
        expect(page.locator("#cancel-order")).to_be_focused()
        shop.pay(token)
        shop.deliver()

        expect(page.get_by_role("heading", name="Paid. Thank you!")).to_be_focused()
        assert page.locator("#order-status-region[role=status]").count() == 1


@contextmanager
def a_page(browser: Browser, console: Console, look: str, visitor: Visitor) -> Iterator[Page]:
    """Open a tab that is the visitor's; what it complains of fails the test."""
    address = visitor.shop.settings.public_base_url
    tab = browser.new_context(base_url=address, reduced_motion="reduce", **LOOKS[look])
    console.listen_to(tab)
    if visitor.client.get_cookie("store", domain="127.0.0.1"):
        become(tab, visitor)
    yield tab.new_page()
    tab.close()


def faults_of(page: Page, part: str = "html") -> list[str]:
    """Return what axe complains of in a part, and by how much the page is too wide for some."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN_AXE, part)
    before = page.viewport_size
    page.set_viewport_size(NARROWEST)
    out = page.evaluate(STICKS_OUT)
    page.set_viewport_size(before)
    return found + ([f"sticks out by {out} px"] if out > 0 else [])
