"""Take the documents' pictures from a running demo: `make screenshots`.

It buys something, as a shopper would, so the pictures show what the code does today.
"""

from __future__ import annotations

import os
import sys

from playwright.sync_api import Page, ViewportSize, sync_playwright

from scripts.answers import answers
from scripts.demo_environment import ROOT, port_from

IMAGES = ROOT / "docs" / "images"
VIEWPORT = ViewportSize(width=1120, height=700)
PANEL = ViewportSize(width=1120, height=960)
MOST_BYTES = 300_000
GOODS = ("fountain-pen", "stitched-notebook")
DOUBLED = "payment_intent.succeeded"
CARD = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}


def main() -> None:
    """Buy by the Payment Element; keep pictures of the checkout, the paid order and the panel."""
    url = f"http://127.0.0.1:{port_from('PORT', '8000')}"
    panel_url = f"http://localhost:{port_from('SANDBOX_PORT', '4242')}/_sandbox/"
    if not answers(f"{url}/readyz"):
        sys.exit(f'Nothing answers at {url}. Run "make demo" in another terminal first.')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
        page = browser.new_page(viewport=VIEWPORT, base_url=url, reduced_motion="reduce")
        panel = browser.new_page(viewport=PANEL, reduced_motion="reduce")
        panel.goto(panel_url)
        double_the_next_event(panel)
        fill_the_cart(page)
        page.get_by_label("E-mail address").fill("ada@example.com")
        keep(page, "checkout.png")
        pay_on_our_page(page)
        keep(page, "paid.png")
        show_what_came_twice(panel)
        keep(panel, "panel.png", is_whole=False)
        panel.locator("#rules").get_by_role("button", name="Remove").first.click()
        panel.get_by_text("Done: Remove").wait_for()
        browser.close()


def fill_the_cart(page: Page) -> None:
    """Put some goods into the cart and go to the checkout."""
    for slug in GOODS:
        page.goto(f"/products/{slug}")
        page.get_by_role("button", name="Add to cart").click()
    page.goto("/cart")
    page.get_by_role("link", name="Check out").click()


def pay_on_our_page(page: Page) -> None:
    """Pay with a test card and wait until the order says that it is paid."""
    page.get_by_role("button", name="Continue to the card form").click()
    form = page.frame_locator("#payment-element iframe")
    for field, value in CARD.items():
        form.locator(f"[name={field}]").fill(value)
    page.locator("#payment-submit").click()
    page.locator('#order-status[data-status="paid"]').wait_for(timeout=30_000)


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
    """Save the page, or what is in sight; leaves with a sentence when the file is too big."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    size = len(page.screenshot(path=IMAGES / name, full_page=is_whole))
    print(f"docs/images/{name}: {size // 1000} KB")
    if size > MOST_BYTES:
        sys.exit(f"docs/images/{name} is larger than {MOST_BYTES // 1000} KB.")


if __name__ == "__main__":
    main()
