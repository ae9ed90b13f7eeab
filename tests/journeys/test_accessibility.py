"""axe-core finds nothing in any page and state, in both languages, on light and on dark.

Each page is also looked at on the narrowest screens that count, on which nothing may stick out.
Zoomed to 200 %, a window of 1280 px has 640 CSS pixels, and 320 at 400 % (WCAG 1.4.4, 1.4.10).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from storefront.lifecycle import Flow
from storefront.models import Product
from tests.compare.test_compare import pay_both
from tests.journeys.console import Console
from tests.journeys.served import become, served_shop
from tests.pages.states import STATES
from tests.shop import Shop, Visitor

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# What is in Stripe's frame is Stripe's; the rest is everything that axe knows, best practices too.
RUN_AXE = """async (rules) => (await axe.run(document, {iframes: false, ...rules})).violations.map(
  (each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.html).join(' | ')}`)"""
# In the other colours nothing differs but the colours.
CONTRAST = {"runOnly": ["color-contrast"]}
OTHER = {"light": "dark", "dark": "light"}
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OPEN_STEPS = """document.querySelectorAll('.story details, .own-source details').forEach(
  (each) => { each.open = true; })"""
LOOKS = (("en-US", "light"), ("zh-TW", "dark"))
NARROW = (640, 320)


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    """A shop in this process that a browser can open."""
    with served_shop(sqlite_url) as running:
        yield running


def test_the_pages_before_an_order_have_no_fault(
    chromium: Browser, shop: Shop, console: Console
) -> None:
    console.expect("status of 404")
    console.expect("status of 422")
    visitor = shop.visitor()
    visitor.add("fountain-pen", 2)
    visitor.add("block-plane")
    with a_page(chromium, console, visitor) as page:
        for path in ("/", "/products/fountain-pen", "/products/block-plane", "/nowhere",
                     "/products/folding-lamp", "/cart", "/checkout"):  # fmt: skip
            assert faults_at(page, path) == []
        page.locator(".preferences summary").click()
        assert faults_of(page) == []
        page.locator("button[value=payment_intent]").click()
        expect(page.locator("#error-summary")).to_be_focused()
        assert faults_of(page) == []


def test_an_empty_cart_and_one_with_news_have_no_fault(
    chromium: Browser, shop: Shop, console: Console
) -> None:
    visitor = shop.visitor()
    visitor.get("/products/fountain-pen")
    with a_page(chromium, console, visitor) as page:
        assert faults_at(page, "/cart") == []
        visitor.add("fountain-pen", 2)
        shop.write(update(Product).values(stock=1))
        assert faults_at(page, "/cart") == []


@pytest.mark.parametrize("name", STATES)
def test_an_order_has_no_fault(chromium: Browser, shop: Shop, console: Console, name: str) -> None:
    visitor = shop.visitor()
    token = STATES[name].reach(shop, visitor)
    with a_page(chromium, console, visitor) as page:
        assert faults_at(page, f"/orders/{token}") == []
        if STATES[name].can_be_mounted:
            assert faults_at(page, f"/orders/{token}/pay", CARD_FORM) == []


def test_the_comparison_has_no_fault_before_the_click_after_it_and_paid(
    chromium: Browser, shop: Shop, console: Console
) -> None:
    visitor = shop.visitor()
    visitor.get("/products/fountain-pen")
    with a_page(chromium, console, visitor) as page:
        assert faults_at(page, "/compare") == []
        visitor.post("/compare")
        assert faults_at(page, "/compare", CARD_FORM) == []
        pay_both(shop, visitor)
        paid = ", ".join(f"#live-{flow}[data-status=paid]" for flow in Flow)
        assert faults_at(page, "/compare", paid) == []


def test_a_fault_is_found(chromium: Browser, shop: Shop, console: Console) -> None:
    """The control: a button that nobody can read, and one that nobody can see."""
    with a_page(chromium, console, shop.visitor()) as page:
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
    with a_page(chromium, console, visitor) as page:
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
def a_page(browser: Browser, console: Console, visitor: Visitor) -> Iterator[Page]:
    """Open a tab that is the visitor's; what it complains of fails the test."""
    address = visitor.shop.settings.public_base_url
    tab = browser.new_context(base_url=address, reduced_motion="reduce", locale="en-US")
    console.listen_to(tab)
    if visitor.client.get_cookie("store", domain="127.0.0.1"):
        become(tab, visitor)
    yield tab.new_page()
    tab.close()


CARD_FORM = "#payment-submit:not([disabled])"


def faults_at(page: Page, path: str, shows: str = "main") -> list[str]:
    """Return the faults of a page in each look, once it shows what it should, each step opened."""
    found = []
    for locale, scheme in LOOKS:
        page.context.set_extra_http_headers({"Accept-Language": locale})
        page.emulate_media(color_scheme=scheme)
        page.goto(path)
        page.locator(shows).first.wait_for()
        page.evaluate(OPEN_STEPS)
        found += faults_of(page, scheme)
    return found


def faults_of(page: Page, scheme: str = "dark") -> list[str]:
    """Return what axe complains of in either colours, and what sticks out of a narrow screen."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN_AXE, {})
    page.emulate_media(color_scheme=OTHER[scheme])
    found += page.evaluate(RUN_AXE, CONTRAST)
    page.emulate_media(color_scheme=scheme)
    before = page.viewport_size
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 640})
        out = page.evaluate(STICKS_OUT)
        found += [f"sticks out of {width} px by {out} px"] if out > 0 else []
    page.set_viewport_size(before)
    return found
