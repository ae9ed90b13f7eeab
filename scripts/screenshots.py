"""Take the documents' pictures from a running demo: `make screenshots`.

It buys something, as a shopper would, so the pictures show what the code does today.
"""

from __future__ import annotations

import os
import sys

from playwright.sync_api import Browser, FrameLocator, Page, ViewportSize, sync_playwright

from scripts.answers import answers
from scripts.demo_environment import ROOT, port_from
from scripts.moving_trace import moving_trace

IMAGES = ROOT / "docs" / "images"
VIEWPORT = ViewportSize(width=1120, height=700)
PANEL = ViewportSize(width=1120, height=960)
MOST_BYTES = 300_000
LONGEST_WAIT = 60_000
GOODS = ("fountain-pen", "stitched-notebook")
DOUBLED = "payment_intent.succeeded"
CARD = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}
BOTH = ViewportSize(width=1120, height=1300)
# The language of a document, and what its pictures' names end with.
DOCUMENTS = {"en-US": "", "zh-TW": ".zh-Hant"}
TRACE_TITLES = {
    "en-US": "The trace of a purchase by Checkout: an arrow for each step, with its time",
    "zh-TW": "以 Checkout 付款的過程：每一步一個箭頭，並附時間",
}


def main() -> None:
    """Buy as a shopper would, and keep pictures of what the shopper and a developer see."""
    url = f"http://127.0.0.1:{port_from('PORT', '8000')}"
    panel_url = f"http://localhost:{port_from('SANDBOX_PORT', '4242')}/_sandbox/"
    if not answers(f"{url}/readyz"):
        sys.exit(f'Nothing answers at {url}. Run "make demo" in another terminal first.')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
        panel = browser.new_page(viewport=PANEL, reduced_motion="reduce")
        panel.goto(panel_url)
        double_the_next_event(panel)
        for locale, end in DOCUMENTS.items():
            buy(browser, url, locale, end)
            if not end:
                show_what_came_twice(panel)
                keep(panel, "panel.png", is_whole=False)
                panel.locator("#rules").get_by_role("button", name="Remove").first.click()
                panel.get_by_text("Done: Remove").wait_for()
            forge_the_signature(browser, url, locale, end)
            compare_both(browser, url, locale, end)
        browser.close()


def buy(browser: Browser, url: str, locale: str, end: str) -> None:
    """Keep the checkout, and an order that has turned paid."""
    page = open_tab(browser, url, locale, VIEWPORT)
    fill_the_cart(page)
    keep(page, f"checkout{end}.png")
    pay_on_our_page(page)
    keep(page, f"paid{end}.png")
    page.context.close()


def forge_the_signature(browser: Browser, url: str, locale: str, end: str) -> None:
    """Keep the panel at work: what was forged was refused, and what was signed rightly counts."""
    page = open_tab(browser, url, locale, PANEL)
    fill_the_cart(page)
    page.locator("button[value=payment_intent]").click()
    page.wait_for_url("**/pay")
    page.goto(page.url.removesuffix("/pay"))
    page.locator(".scenarios > summary").click()
    page.locator("button[value=wrong-signature]").click()
    page.locator("button[id^=pay-unseen]").click()
    page.locator('#order-status[data-status="paid"]').wait_for(timeout=LONGEST_WAIT)
    page.locator(".scenarios .armed.past").wait_for(timeout=LONGEST_WAIT)
    page.locator(".tried-out").evaluate("(panel) => scrollTo(0, panel.offsetTop - 24)")
    keep(page, f"scenario{end}.png", is_whole=False)
    page.context.close()


def open_tab(browser: Browser, url: str, locale: str, viewport: ViewportSize) -> Page:
    """Open a browser of its own, for somebody who reads this language by day."""
    tab = browser.new_context(
        base_url=url, locale=locale, viewport=viewport, color_scheme="light",
        reduced_motion="reduce",
    )  # fmt: skip
    return tab.new_page()


def compare_both(browser: Browser, url: str, locale: str, end: str) -> None:
    """Keep both flows side by side while one is paid, and its trace as a picture that moves."""
    page = open_tab(browser, url, locale, BOTH)
    page.goto("/compare")
    page.locator("#begin-comparison").click()
    page.locator("#payment-submit:not([disabled])").wait_for()
    with page.context.expect_page() as opened:
        page.locator("#pay-on-stripe").click()
    type_card(opened.value)
    opened.value.locator("button[type=submit]").click()
    page.locator("#live-checkout_session[data-status=paid]:not([hx-trigger])").wait_for()
    page.mouse.move(0, 0)
    page.locator(".columns").evaluate("(columns) => scrollTo(0, columns.offsetTop - 24)")
    keep(page, f"compare{end}.png", is_whole=False)
    trace = moving_trace(page, "#live-checkout_session .trace", TRACE_TITLES[locale])
    (IMAGES / f"trace{end}.svg").write_text(trace, encoding="utf-8")
    weigh(f"trace{end}.svg")
    page.context.close()


def fill_the_cart(page: Page) -> None:
    """Put some goods into the cart, go to the checkout and give an address."""
    for slug in GOODS:
        page.goto(f"/products/{slug}")
        page.locator('form[action="/cart/items"] button').click()
        page.wait_for_url("**/cart")
    page.goto("/checkout")
    page.locator("input[name=email]").fill("ada@example.com")


def pay_on_our_page(page: Page) -> None:
    """Pay with a test card and wait until the order says that it is paid."""
    page.locator("button[value=payment_intent]").click()
    type_card(page.frame_locator("#payment-element iframe"))
    page.locator("#payment-submit").click()
    page.locator('#order-status[data-status="paid"]').wait_for(timeout=LONGEST_WAIT)


def type_card(form: Page | FrameLocator) -> None:
    """Fill the card's fields, whose names are the same in the Element and on Stripe's page."""
    for field, value in CARD.items():
        form.locator(f"[name={field}]").fill(value)


def double_the_next_event(panel: Page) -> None:
    """Have the next payment told of twice."""
    form = panel.locator("section", has_text="Break deliveries").locator("form")
    form.get_by_label("Deliveries").select_option("duplicate")
    form.get_by_label("Event type").fill(DOUBLED)
    form.get_by_label("Only the next").fill("1")
    form.get_by_role("button", name="Add the rule").click()
    panel.get_by_text("Done: Add the rule").wait_for()


def show_what_came_twice(panel: Page) -> None:
    """Open the doubled event, once both deliveries are made."""
    event = panel.locator("#events > details", has_text=DOUBLED).first
    event.locator("summary", has_text="delivered delivered").first.click()
    panel.get_by_role("heading", name="Control panel").scroll_into_view_if_needed()


def keep(page: Page, name: str, *, is_whole: bool = True) -> None:
    """Save the page, or what is in sight of it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=IMAGES / name, full_page=is_whole)
    weigh(name)


def weigh(name: str) -> None:
    """Say how big a picture has become; leaves with a sentence when that is too big."""
    size = (IMAGES / name).stat().st_size
    print(f"docs/images/{name}: {size // 1000} KB")
    if size > MOST_BYTES:
        sys.exit(f"docs/images/{name} is larger than {MOST_BYTES // 1000} KB.")


if __name__ == "__main__":
    main()
