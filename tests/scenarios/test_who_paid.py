"""Who paid: the trace says that a browser did only where one did."""

from __future__ import annotations

from storefront.lifecycle import Flow
from tests.compare.test_compare import begun, orders
from tests.scenarios.buttons import arm, look, pay_unseen
from tests.shop import DECLINED, Shop
from tests.trace.test_trace import done

BROWSER = "The browser confirms at Stripe"
LED = "The browser is redirected to the checkout_url"
SANDBOX = "The sandbox plays somebody who pays at Stripe: no browser of ours was there."


def test_what_the_panel_paid_no_browser_confirmed(shop: Shop):
    visitor = shop.visitor()
    token = visitor.buy()
    arm(visitor, token, "twice")

    pay_unseen(visitor, token)
    shop.deliver()

    told = look(visitor, token)
    assert SANDBOX in told
    assert BROWSER not in told
    assert f"POST /_sandbox/objects/{shop.payments(token)[0].payment_intent_id}/pay" in told
    assert [step for step in done(shop, token) if step[0] == 4] == [(4, "pay")]


def test_what_a_browser_was_refused_before_is_told_as_well(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.now += 1
    with sqlite_shop.sandbox.caused_by("req_of_a_browser", None):
        sqlite_shop.pay(token, DECLINED)
    sqlite_shop.now += 1
    sqlite_shop.deliver()
    sqlite_shop.now += 1

    pay_unseen(visitor, token)

    assert [step for step in done(sqlite_shop, token) if step[0] == 4] == [
        (4, "confirm"),
        (4, "pay"),
    ]


def test_a_session_that_the_panel_began_led_nobody_to_stripes_page(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    token = orders(sqlite_shop)[Flow.CHECKOUT_SESSION].token
    pay_unseen(visitor, token)
    another = sqlite_shop.visitor()
    opened = another.buy("checkout_session")
    sqlite_shop.now += 1
    pay_unseen(another, opened)

    assert SANDBOX in look(visitor, token)
    assert LED not in look(visitor, token)
    assert LED in look(another, opened)
    assert SANDBOX in look(another, opened)


def test_of_two_payments_at_once_neither_was_confirmed_by_a_browser(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    arm(visitor, token, "pay-both")

    told = look(visitor, token)
    assert told.count(SANDBOX) == 2
    assert BROWSER not in told
    assert LED not in told
