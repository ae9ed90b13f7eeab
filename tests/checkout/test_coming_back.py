"""The way back from Stripe: with the webhook, before it, without it, and forged."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from storefront.models import Transition
from tests.checkout.test_two_tabs import FLOWS, net_captured
from tests.pages.states import paid, processing
from tests.shop import DECLINED, Shop

FORGED = "redirect_status=succeeded&payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_x"


@pytest.mark.parametrize("flow", FLOWS)
def test_coming_back_before_the_webhook_shows_the_order_paid(sqlite_shop: Shop, flow: str):
    """SH-11: Stripe is asked once, and the later events change nothing."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.pay(token)

    answer = visitor.get(f"/return?order={token}")

    assert (answer.status_code, answer.location) == (303, f"/orders/{token}")
    assert "Paid. Thank you!" in visitor.get(answer.location).text
    sqlite_shop.deliver()
    assert len(sqlite_shop.all(Transition, Transition.after == "paid")) == 1
    assert net_captured(sqlite_shop) == 2999


@pytest.mark.parametrize("flow", FLOWS)
def test_who_never_comes_back_has_paid_all_the_same(sqlite_shop: Shop, flow: str):
    """SH-13."""
    token = sqlite_shop.visitor().buy(flow)
    sqlite_shop.pay(token)

    sqlite_shop.deliver()

    assert sqlite_shop.order(token).status == "paid"


@pytest.mark.parametrize("flow", FLOWS)
def test_coming_back_is_enough_when_no_webhook_ever_arrives(sqlite_shop: Shop, flow: str):
    """SH-14."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.pay(token)

    visitor.get(f"/return?order={token}&{FORGED}")

    order = sqlite_shop.order(token)
    assert (order.status, order.settled_by) == ("paid", order.payments[0].id)


@pytest.mark.parametrize("flow", FLOWS)
def test_coming_back_unpaid_leaves_the_order_to_be_paid(sqlite_shop: Shop, flow: str):
    """SH-15: the query says succeeded; only Stripe is believed."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)

    visitor.get(f"/return?order={token}&{FORGED}")

    assert sqlite_shop.order(token).status == "pending"
    assert "Waiting for your payment" in visitor.get(f"/orders/{token}").text


def test_another_orders_payment_in_the_query_pays_nothing(sqlite_shop: Shop):
    """SH-15: somebody's real, paid intent."""
    rich, poor = sqlite_shop.visitor(), sqlite_shop.visitor()
    paid, unpaid = rich.buy(), poor.buy()
    sqlite_shop.pay(paid)
    [intent, _] = sqlite_shop.at_stripe("payment_intent")

    poor.get(
        f"/return?order={unpaid}&redirect_status=succeeded&payment_intent={intent['id']}"
        f"&payment_intent_client_secret={intent['client_secret']}"
    )

    assert sqlite_shop.order(unpaid).status == "pending"


def test_coming_back_while_stripe_is_down_shows_the_order_as_we_know_it(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)
    sqlite_shop.sandbox.faults.add("/v1/payment_intents", "reset", 2)

    answer = visitor.get(f"/return?order={token}")

    page = visitor.get(answer.location).text
    assert "Stripe is slow to answer just now." in page
    assert "Waiting for your payment" in page


def test_coming_back_declined_says_so_and_offers_to_try_again(sqlite_shop: Shop):
    """ST-09."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token, DECLINED)

    page = visitor.get(visitor.get(f"/return?order={token}").location).text

    assert "The payment didn’t go through" in page
    assert "Your card was declined." in page
    assert "Pay here</button>" in page
    sqlite_shop.pay(token)
    sqlite_shop.deliver()
    assert sqlite_shop.order(token).status == "paid"
    assert len(sqlite_shop.at_stripe("payment_intent")) == 1


def test_the_whole_checkout_flow_works_without_javascript(sqlite_shop: Shop):
    """SH-21: links and forms alone, from the catalogue to Stripe's page and back."""
    visitor = sqlite_shop.visitor()
    visitor.add()
    hosted = urlsplit(visitor.checkout("checkout_session").location).path
    stripes = sqlite_shop.sandbox_app.test_client()
    page = stripes.get(hosted, base_url="http://localhost:4242").text
    [action] = re.findall(r'<form[^>]* action="([^"]*)"', page) or [hosted]

    card = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    answer = stripes.post(action, data=card, base_url="http://localhost:4242")
    back = visitor.get(answer.location.removeprefix("http://127.0.0.1:8000"))

    assert "Paid. Thank you!" in visitor.get(back.location).text


def test_without_javascript_a_waiting_order_reloads_itself(sqlite_shop: Shop):
    """SH-21: and offers a link to do it now; a final one does neither."""
    visitor = sqlite_shop.visitor()

    waiting, final = (
        visitor.get(f"/orders/{reach(sqlite_shop, visitor)}").text for reach in (processing, paid)
    )

    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in waiting
    assert "Look again now" in waiting
    assert "http-equiv" not in final
    assert "Look again now" not in final


def test_whoever_lost_the_cookie_is_told_that_nothing_is_lost(sqlite_shop: Shop):
    """SH-16: the payment is applied all the same, and nobody learns whether the order exists."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy("checkout_session")
    sqlite_shop.pay(token)
    without_cookie = sqlite_shop.visitor()

    back = without_cookie.get(f"/return?order={token}")
    pages = [without_cookie.get(path) for path in (back.location, "/orders/o_never")]
    sqlite_shop.deliver()

    assert {page.status_code for page in pages} == {404}
    assert pages[0].text == pages[1].text
    assert "If you have just paid, nothing is lost: Stripe tells us itself." in pages[0].text
    assert "Paid. Thank you!" in visitor.get(f"/orders/{token}").text
