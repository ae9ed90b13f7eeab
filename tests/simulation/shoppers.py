"""What shoppers do, one small act at a time. They know only what their browser has shown them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.resources import checkout_sessions, payment_intents
from tests.shop import (
    ADDRESS,
    CHALLENGED,
    DEBIT_FAILS,
    DEBIT_SUCCEEDS,
    DECLINED,
    VISA,
    method_data,
)
from tests.simulation.browser import Browser

PRODUCTS = ("prod_cedar_pencils", "prod_paper_shears")
FLOWS = ("payment_intent", "checkout_session")
EMAIL = "a@example.com"
Act = Callable[[Browser], object]


def fill_cart(browser: Browser) -> None:
    """Put something into the cart, be it open or ordered."""
    dice = browser.world.schedule.dice
    product, quantity = dice.pick(PRODUCTS), 1 + dice.number(2)
    browser.post("/cart/items", product_id=product, quantity=quantity)


def change_cart(browser: Browser) -> None:
    """Go back and want another number of something; none removes it."""
    dice = browser.world.schedule.dice
    product, quantity = dice.pick(PRODUCTS), dice.number(3)
    browser.post(f"/cart/items/{product}", quantity=quantity)


def check_out(browser: Browser, flow: str = "", email: str = EMAIL) -> None:
    """Send the checkout's form and go where it leads."""
    flow = flow or browser.world.schedule.dice.pick(FLOWS)
    browser.follow(browser.post("/checkout", flow=flow, email=email))


def check_out_with_another_address(browser: Browser) -> None:
    """Notice a slip in the e-mail address, and order again."""
    check_out(browser, email="b@example.com")


def click_twice(browser: Browser, flow: str = "") -> None:
    """Send the checkout's form twice."""
    flow = flow or browser.world.schedule.dice.pick(FLOWS)
    meanwhile(browser, lambda tab: check_out(tab, flow))
    check_out(browser, flow)


def take_both_ways(browser: Browser) -> None:
    """Start one flow in each of two tabs."""
    meanwhile(browser, lambda tab: check_out(tab, FLOWS[1]))
    check_out(browser, FLOWS[0])


def accept_changes(browser: Browser) -> None:
    """Accept that prices or the stock have changed."""
    browser.post("/cart/acknowledge")


def pay(browser: Browser, method: Mapping[str, Any] | None = None) -> None:
    """Try to pay on any page that leads to Stripe and was ever opened, however old."""
    dice = browser.world.schedule.dice
    ways = [way for ways in browser.memory.ways.values() for way in ways]
    if ways:
        pay_at(browser, dice.pick(ways), method or dice.pick(METHODS))


def pay_at(browser: Browser, way: str, method: Mapping[str, Any]) -> None:
    """Try to pay a PaymentIntent or a Checkout Session; Stripe may refuse."""
    sandbox, scheduler = browser.world.sandbox, browser.world.schedule.scheduler
    scheduler.pause(f"pays {way[:12]} with {method['type']}")
    if way.startswith("cs_"):
        done = checkout_sessions.submit(sandbox, way, payment_method_data=dict(method), email=EMAIL)
        return scheduler.note(f"Stripe’s page says {done.outcome}")
    try:
        paid = payment_intents.confirm(
            sandbox, way, payment_method_data=dict(method), return_url=f"{ADDRESS}/return"
        )
    except StripeError as error:
        return scheduler.note(f"Stripe says {error.fields.get('code')}")
    return scheduler.note(f"Stripe says {paid['status']}")


def answer_challenge(browser: Browser) -> None:
    """Answer the bank's question, rightly or wrongly; who doesn't come by here abandons it."""
    world = browser.world
    succeed = not world.schedule.dice.one_in(3)
    for ways in browser.memory.ways.values():
        for intent_id in map(_intent_of(browser), ways):
            if intent_id:
                world.schedule.scheduler.pause(f"answers its bank: {succeed}")
                with suppress(StripeError):
                    payment_intents.complete_authentication(
                        world.sandbox, intent_id, succeed=succeed
                    )


def come_back(browser: Browser) -> None:
    """Be sent back by Stripe."""
    if token := an_order(browser):
        browser.follow(browser.get(f"/return?order={token}&redirect_status=succeeded"))


def look(browser: Browser) -> None:
    """Open an order's page."""
    if token := an_order(browser):
        browser.look(token)


def poll(browser: Browser) -> None:
    """Let an open page ask for the status."""
    if token := an_order(browser):
        browser.poll(token)


def resume(browser: Browser) -> None:
    """Open the page with the card form again."""
    if token := an_order(browser):
        browser.get(f"/orders/{token}/pay")


def start_again(browser: Browser) -> None:
    """Choose a way to pay on the order's page: the same once more, or the other."""
    if token := an_order(browser):
        way = browser.world.schedule.dice.pick(("payment-intent", "checkout-session"))
        browser.follow(browser.post(f"/orders/{token}/{way}"))


def cancel(browser: Browser) -> None:
    """Cancel an order."""
    if token := an_order(browser):
        browser.post(f"/orders/{token}/cancel")


def lose_the_cookie(browser: Browser) -> None:
    """Go on as a stranger: with an empty browser, in which the order isn't shown."""
    token = an_order(browser)
    stranger = browser.world.visitor_called(f"{browser.memory.name}, a stranger now")
    stranger.get("/products/cedar-pencils")
    if token and stranger.look(token):
        raise AssertionError("A1: an order is shown to a stranger.")


def an_order(browser: Browser) -> str | None:
    """Return one of the orders that the browser knows."""
    return browser.world.schedule.dice.pick(browser.orders) if browser.orders else None


def meanwhile(browser: Browser, act: Act) -> None:
    """Let another tab of the browser do something at the same time."""
    tab = browser.tab()
    browser.world.schedule.scheduler.add(f"{browser.memory.name}, other tab", lambda: act(tab))


def _intent_of(browser: Browser) -> Callable[[str], str | None]:
    def found(way: str) -> str | None:
        session = browser.world.sandbox.find("checkout.session", way)
        return session["payment_intent"] if session else way

    return found


GOOD_CARD, BAD_CARD, ASKING_CARD, GOOD_DEBIT, BAD_DEBIT = (
    method_data(each) for each in (VISA, DECLINED, CHALLENGED, DEBIT_SUCCEEDS, DEBIT_FAILS)
)
METHODS = (GOOD_CARD, GOOD_CARD, GOOD_CARD, BAD_CARD, ASKING_CARD, GOOD_DEBIT, BAD_DEBIT)

# Each with its weight. The tamest comes first.
ACTS: Mapping[Act, int] = {
    look: 1, check_out: 6, pay: 8, come_back: 4, click_twice: 2, take_both_ways: 2, start_again: 3,
    poll: 1, resume: 2, answer_challenge: 2, cancel: 2, fill_cart: 2, change_cart: 2,
    check_out_with_another_address: 1, accept_changes: 1, lose_the_cookie: 1,
}  # fmt: skip
EVERY_ACT = [act for act, weight in ACTS.items() for _ in range(weight)]
