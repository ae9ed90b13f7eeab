"""The parts of the comparison that are renewed: each column by news alone, and the card form."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from storefront.attentions import UNKNOWN_PAYMENT, flag_once
from storefront.lifecycle import Flow
from storefront.models import GatewayCall, Order, Payment
from tests.compare.test_compare import begun, orders, pay_both
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.shop import Shop, Visitor
from tests.statements import statements


@pytest.mark.parametrize("flow", list(Flow))
def test_each_column_is_renewed_only_by_news(sqlite_shop: Shop, flow: Flow):
    visitor = begun(sqlite_shop)
    order = orders(sqlite_shop)[flow]
    seen = f"/compare/{flow}?seen={order.version}-1"
    if flow is Flow.CHECKOUT_SESSION:
        visitor.post(f"/orders/{order.token}/checkout-session")
        seen = f"/compare/{flow}?seen={sqlite_shop.order(order.token).version}-1"
    assert visitor.get(f"/compare/{flow}?seen=0-1").status_code == 200
    sqlite_shop.pay(order.token)
    sqlite_shop.deliver()

    fragment = checked_fragment(visitor.get(seen).text)

    assert fragment.get("data-status") == "paid"
    assert fragment.get("hx-trigger") is None


def asked_again(shop: Shop, visitor: Visitor, flow: Flow) -> Callable[[], TestResponse]:
    """Return how a column that is open now asks for the next one."""
    shown = visitor.get(f"/compare/{flow}")
    headers = {"If-None-Match": shown.headers["ETag"]}
    address = checked_fragment(shown.text).get("hx-get") or ""
    assert (
        shown.headers["ETag"]
        in json.loads(checked_fragment(shown.text).get("hx-headers") or "{}").values()
    )
    return lambda: visitor.client.get(address, headers=headers)


def test_a_column_without_news_costs_one_read_and_is_not_sent_again(shop: Shop):
    visitor = begun(shop)
    ask = asked_again(shop, visitor, Flow.PAYMENT_INTENT)

    with statements(shop) as sent:
        answer = ask()

    assert (answer.status_code, answer.data) == (304, b"")
    assert [one.split()[0] for one in sent] == ["SELECT"]


@pytest.mark.parametrize("news", ["a human is asked for", "time goes by", "it waits in vain"])
def test_a_column_is_sent_again_for_what_raises_no_version(sqlite_shop: Shop, news: str):
    """Whom the shop asks to look, how often the page asks, and when it stops."""
    visitor = begun(sqlite_shop)
    order = orders(sqlite_shop)[Flow.PAYMENT_INTENT]
    if news == "it waits in vain":
        sqlite_shop.pay(order.token)
        visitor.get(f"/return?order={order.token}")
        sqlite_shop.write(update(Payment).values(created_at=order.created_at - timedelta(hours=1)))
        sqlite_shop.write(update(Order).values(created_at=order.created_at - timedelta(hours=1)))
    ask = asked_again(sqlite_shop, visitor, Flow.PAYMENT_INTENT)
    assert ask().status_code == 304

    if news == "a human is asked for":
        with sqlite_shop.app.app_context():
            flag_once(UNKNOWN_PAYMENT, order_id=order.id, currency="usd")
    sqlite_shop.now += {"time goes by": 31, "it waits in vain": 601}.get(news, 0)

    answer = ask()
    assert answer.status_code == 200
    is_waiting = checked_fragment(answer.text).get("hx-trigger") is not None
    assert is_waiting == (news != "it waits in vain")


def test_the_page_comes_without_asking_stripe_and_the_card_form_after_it(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    sqlite_shop.sandbox.faults.add("/v1/", "reset", 20)
    said = len(sqlite_shop.all(GatewayCall))

    page = checked_page(visitor.get("/compare").text)

    assert len(sqlite_shop.all(GatewayCall)) == said
    assert "The card form is loading from Stripe" in text_of(page)
    [place] = [each for each in page.iter() if each.get("id") == "card-form"]
    assert place.get("hx-get") == "/compare/card-form"
    assert place.get("hx-trigger") == "load, every 30s"
    told = text_of(checked_fragment(visitor.get("/compare/card-form").text))
    assert "Stripe can’t be reached just now, so the card form isn’t here" in told
    sqlite_shop.sandbox.faults.clear()
    assert "data-client-secret=" in visitor.get("/compare/card-form").text


def test_a_payment_that_couldnt_be_begun_is_begun_by_the_button_in_its_place(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.get("/")
    sqlite_shop.sandbox.faults.add("/v1/", "reset", 20)
    visitor.post("/compare")
    sqlite_shop.sandbox.faults.clear()
    told = visitor.get("/compare/card-form").text
    assert "No payment is open here" in text_of(checked_fragment(told))
    assert 'id="bring-card-form"' in told

    visitor.post("/compare")

    assert "data-client-secret=" in visitor.get("/compare/card-form").text


def test_what_is_paid_has_no_card_form(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    pay_both(sqlite_shop, visitor)

    assert text_of(checked_fragment(visitor.get("/compare/card-form").text)) == ""
    assert "card-form" not in visitor.get("/compare").text
    assert sqlite_shop.visitor().get("/compare/card-form").status_code == 404
