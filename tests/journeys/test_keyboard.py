"""The whole purchase with Tab, Enter and the card's digits; no pointer."""

from __future__ import annotations

from tests.journeys.shopper import Flow, Shopper, both_flows


@both_flows
def test_the_keyboard_alone_buys(shopper: Shopper, flow: Flow) -> None:
    page, keys = shopper.page, shopper.page.keyboard
    page.goto(shopper.shop_url)
    for target in (
        page.get_by_role("link", name="Stitched notebook"),
        page.get_by_role("button", name="Add to cart"),
        page.get_by_role("link", name="Check out"),
    ):
        shopper.tab_to(target)
        keys.press("Enter")
        page.wait_for_load_state()
    shopper.tab_to(page.get_by_label("E-mail address"))
    keys.type("ada@example.com")
    shopper.tab_to(page.get_by_role("button", name=flow))
    keys.press("Enter")
    shopper.arrive_at(flow)
    shopper.tab_to(shopper.card_form(flow).get_by_label("Card number"))
    keys.type("4242424242424242" + "1234" + "123")
    shopper.tab_to(shopper.pay_button)
    keys.press("Enter")

    shopper.sees_it_paid()
