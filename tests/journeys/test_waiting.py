"""The order page while Stripe's news is on its way, and who may see it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.console import Console
from tests.journeys.shopper import Flow, NewShopper, Shopper, both_flows
from tests.journeys.stripe_side import StripeSide


@both_flows
def test_a_waiting_tab_turns_paid_by_itself_and_stops_asking(
    shopper: Shopper, stripe_side: StripeSide, flow: Flow
) -> None:
    """SH-13: the other tab pays, its way back is lost, and the webhook is late."""
    shopper.order_by(flow)
    waiting = shopper.another_tab()
    asked = polls_of(waiting.page)
    waiting.page.clock.install()
    waiting.page.reload()
    waiting.page.evaluate("window.isTheSameDocument = true")
    shopper.lose_the_way_back()
    shopper.fill_card(flow)
    with stripe_side.holding_back():
        shopper.pay_in_vain()
        with waiting.page.expect_response("**/status"):
            waiting.page.clock.fast_forward(3_000)
        waiting.sees("pending")
    waiting.sees_it_paid()
    asked.clear()
    waiting.page.clock.fast_forward(60_000)
    waiting.page.wait_for_timeout(200)

    assert asked == []
    assert waiting.page.evaluate("window.isTheSameDocument")


def test_a_tab_with_nothing_new_is_answered_304_and_goes_on_asking(shopper: Shopper) -> None:
    shopper.order_by(Flow.HERE)
    waiting = shopper.another_tab()
    for _ in range(2):
        with waiting.page.expect_response("**/status") as answer:
            pass
        assert answer.value.status == 304

    waiting.sees("pending")


def test_a_waiting_tab_hears_of_a_decline(
    shopper: Shopper, console: Console, stripe_side: StripeSide
) -> None:
    console.expect("status of 402")
    shopper.order_by(Flow.HERE)
    waiting = shopper.another_tab()
    shopper.pay(Flow.HERE, "4000 0000 0000 9995")

    expect(waiting.page.locator("#order-status")).to_contain_text("insufficient funds")


def test_coming_back_before_the_webhook_already_shows_the_truth(
    shopper: Shopper, stripe_side: StripeSide
) -> None:
    """SH-11."""
    with stripe_side.holding_back():
        shopper.order_by(Flow.HERE)
        shopper.pay(Flow.HERE)
        shopper.sees_it_paid()
    shopper.page.reload()
    shopper.sees_it_paid()

    assert len(stripe_side.charged_for(shopper.order_number)) == 1


def test_the_order_of_another_visitor_is_not_there(
    shopper: Shopper, new_shopper: NewShopper, console: Console
) -> None:
    """Nor can a stranger tell it from an order that never was."""
    console.expect("status of 404")
    shopper.order_by(Flow.HERE)
    stranger = new_shopper()
    stranger.fill_the_cart()
    for page in ("", "/status", "/pay"):
        theirs = read(stranger.page, shopper.order_url + page)
        nobodys = read(stranger.page, f"{shopper.shop_url}/orders/o_neverwas{page}")
        assert theirs == nobodys
        assert theirs[0] == 404


def read(page: Page, url: str) -> tuple[int, str]:
    """Open `url` and return its status and words."""
    answer = page.goto(url)
    assert answer
    return answer.status, page.inner_text("main")


def polls_of(page: Page) -> list[str]:
    """Return a list that grows with each time that the page asks for the order's status."""
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "/status" in sent.url else None)
    return asked
