"""Somebody with a browser who buys something: the steps that the journeys are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, Route, expect

GOOD_CARD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
NEEDS_3DS = "4000 0027 6000 3184"
# Far more than is needed, for a machine that is busy with other tests.
PATIENCE_MS = 60_000
MOST_TABS = 30

expect.set_options(timeout=PATIENCE_MS)


class Flow(StrEnum):
    """The two ways to pay, by the words of their buttons at the checkout."""

    HERE = "Continue to the card form"
    ON_STRIPE = "Go to Stripe’s page"


both_flows = pytest.mark.parametrize("flow", list(Flow), ids=lambda flow: flow.name)
# The same two on the page of an order that was placed already.
PAY_AGAIN = {Flow.HERE: "Pay here", Flow.ON_STRIPE: "Pay on Stripe’s page"}


class Shopper:
    """One visitor, in one tab; `page` may be used directly for whatever has no step here."""

    def __init__(self, browser: BrowserContext, shop_url: str) -> None:
        """Open a tab; nothing is loaded yet."""
        browser.set_default_timeout(PATIENCE_MS)
        self.browser = browser
        self.shop_url = shop_url
        self.page: Page = browser.new_page()
        self.order_url = ""

    def another_tab(self) -> Shopper:
        """Return the same person in a second tab, on the page of the order."""
        tab = Shopper(self.browser, self.shop_url)
        tab.order_url = self.order_url
        tab.page.goto(self.order_url or self.shop_url)
        return tab

    def fill_the_cart(self, slug: str = "cedar-pencils") -> None:
        """Put one product into the cart and look at the cart."""
        self.page.goto(f"{self.shop_url}/products/{slug}")
        self.press("Add to cart")

    def go_to_checkout(self, email: str = "ada@example.com") -> None:
        """Go from the cart to the two panels and give an e-mail address."""
        self.page.get_by_role("link", name="Check out").click()
        self.page.get_by_label("E-mail address").fill(email)

    def order_by(self, flow: Flow) -> None:
        """Order something and stand before the card form of `flow`."""
        self.fill_the_cart()
        self.go_to_checkout()
        self.press(flow)
        self.arrive_at(flow)

    def pay_again_by(self, flow: Flow) -> None:
        """Go from the page of the order to the card form of `flow`."""
        self.press(PAY_AGAIN[flow])
        self.arrive_at(flow)

    def arrive_at(self, flow: Flow) -> None:
        """Wait for the card form of `flow` and note the order's address."""
        if flow is Flow.HERE:
            expect(self.pay_button).to_be_enabled()
            self.order_url = self.page.url.removesuffix("/pay")
        else:
            back = self.page.get_by_role("link", name="Back to").get_attribute("href")
            self.order_url = str(back)

    def pay(self, flow: Flow, card: str = GOOD_CARD) -> None:
        """Fill the card form of `flow` and press the button."""
        self.fill_card(flow, card)
        self.pay_button.click()

    def fill_card(self, flow: Flow, card: str = GOOD_CARD) -> None:
        """Type a card; its fields have the same labels in the Element and on the hosted page."""
        form = self.card_form(flow)
        form.get_by_label("Card number").fill(card)
        form.get_by_label("Expiry").fill("12 / 34")
        form.get_by_label("Security code").fill("123")

    def card_form(self, flow: Flow) -> FrameLocator | Page:
        """Return what holds the card's fields."""
        return (
            self.page.frame_locator("#payment-element iframe") if flow is Flow.HERE else self.page
        )

    @property
    def pay_button(self) -> Locator:
        """The button that charges, on our page and on the hosted one."""
        return self.page.get_by_role("button", name=re.compile(r"^Pay \$"))

    def press(self, name: str) -> None:
        """Press a button by its words."""
        self.page.get_by_role("button", name=name).click()

    def lose_the_way_back(self) -> None:
        """Let Stripe take the payment, and the browser never come back to the shop.

        A redirect can't be intercepted; what is dropped on the hosted page is Stripe's answer.
        """

        def drop(route: Route) -> None:
            if route.request.method == "POST":
                route.fetch(max_redirects=0)
                route.abort()
            else:
                route.continue_()

        self.page.route("**/c/pay/**", drop)
        self.page.route("**/return?**", lambda route: route.abort())

    def pay_in_vain(self) -> None:
        """Press the button, and close the tab when the browser gives up on what follows.

        Left open, it would load the page that failed by itself, as soon as the server is back.
        """
        with self.page.expect_event("requestfailed"):
            self.pay_button.click()
        self.page.close()

    def tab_to(self, target: Locator) -> None:
        """Press Tab until `target` has the focus, also into a frame and out of it."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if target.evaluate("node => document.hasFocus() && node === document.activeElement"):
                return
        raise AssertionError(f"{MOST_TABS} times Tab don't lead to {target}.")

    def sees(self, status: str) -> None:
        """Wait until this tab shows the order in `status`, however it comes to know."""
        expect(self.page.locator(f"#order-status[data-status={status}]")).to_be_visible()

    def sees_it_paid(self) -> None:
        """Wait until this tab, on the order's clean address, shows that the order is paid."""
        self.sees("paid")
        expect(self.page.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
        assert self.page.url == self.order_url

    @property
    def order_number(self) -> str:
        """The number in the heading of the order's page."""
        heading = self.page.get_by_role("heading", level=1).inner_text()
        return heading.removeprefix("Order ")


NewShopper = Callable[..., Shopper]
