"""Take the README's two pictures from a running demo: `make screenshots`.

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
MOST_BYTES = 300_000
GOODS = ("fountain-pen", "stitched-notebook")
CARD = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}


def main() -> None:
    """Buy by the Payment Element; keep a picture of the checkout and of the paid order."""
    url = f"http://127.0.0.1:{port_from('PORT', '8000')}"
    if not answers(f"{url}/readyz"):
        sys.exit(f'Nothing answers at {url}. Run "make demo" in another terminal first.')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
        page = browser.new_page(viewport=VIEWPORT, base_url=url, reduced_motion="reduce")
        fill_the_cart(page)
        page.get_by_label("E-mail address").fill("ada@example.com")
        keep(page, "checkout.png")
        pay_on_our_page(page)
        keep(page, "paid.png")
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


def keep(page: Page, name: str) -> None:
    """Save the whole page; leaves with a sentence when the file is too big for a README."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    size = len(page.screenshot(path=IMAGES / name, full_page=True))
    print(f"docs/images/{name}: {size // 1000} KB")
    if size > MOST_BYTES:
        sys.exit(f"docs/images/{name} is larger than {MOST_BYTES // 1000} KB.")


if __name__ == "__main__":
    main()
