"""WS-18: no secret in any log line, in the database, or on a page that has no need of it."""

from __future__ import annotations

import logging
import re

import pytest

from tests.checkout.test_two_tabs import FLOWS, START
from tests.security.dump import texts
from tests.shop import DECLINED, Shop, Visitor

SECRET = re.compile(r"_secret_|\b[sr]k_(test|live)_|whsec_|\bv1=[0-9a-f]{8}|4242424242424242")
EMAIL = "somebody.private@example.com"
MAY_HOLD_THE_ADDRESS = {"orders.email", "stripe_events.payload"}


def purchases(shop: Shop) -> tuple[list[Visitor], list[str]]:
    """Buy by both flows, with all that goes wrong on the way; returns who, and every page."""
    visitors, pages = [], []
    for flow in FLOWS:
        visitor = shop.visitor()
        visitor.add()
        shop.sandbox.faults.add("/v1/", "reset", 2)
        visitor.checkout(flow, EMAIL)
        [order] = visitor.orders()
        base = f"/orders/{order.token}"
        visitor.post(f"{base}/{START[flow]}")
        for card in (DECLINED, "4242424242424242"):
            shop.pay(order.token, card)
        shop.deliver()
        query = "payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_x"
        visitor.get(f"/return?order={order.token}&{query}")
        pages += [visitor.get(path).text for path in ("/", "/cart", base, f"{base}/status")]
        visitors.append(visitor)
    return visitors, pages


def refused(shop: Shop) -> None:
    """Deliver what isn't Stripe's, and break a page."""
    body = b'{"client_secret": "pi_1_secret_x"}'
    shop.post(body, signature=shop.signature(body, secret="whsec_somebody_elses"))
    shop.sign_and_post(body)

    def broken() -> None:
        raise RuntimeError("Stripe-Signature")

    shop.app.view_functions["catalog.index"] = broken
    shop.visitor().get("/?payment_intent_client_secret=pi_1_secret_x")


def test_no_secret_is_in_any_log_line(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    with caplog.at_level(logging.DEBUG):
        visitors, _ = purchases(sqlite_shop)
        refused(sqlite_shop)

    logged = caplog.text + "".join(capfd.readouterr())

    assert "outcome=applied" in logged
    assert "outcome=card_declined" not in logged
    assert SECRET.findall(logged) == []
    assert EMAIL not in logged
    assert [cookie for cookie in map(cookie_of, visitors) if cookie in logged] == []


def cookie_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("store", domain="127.0.0.1")
    assert cookie
    return cookie.value


def test_no_secret_is_in_any_column(shop: Shop):
    """A2: neither of Stripe's nor of ours, on both databases."""
    visitors, _ = purchases(shop)
    stored = list(texts(shop))

    assert {column for column, text in stored if SECRET.search(text)} == set()
    assert {column for column, text in stored if EMAIL in text} <= MAY_HOLD_THE_ADDRESS
    for cookie in map(cookie_of, visitors):
        assert [column for column, text in stored if cookie in text] == []


def test_the_client_secret_is_on_the_page_that_needs_it_and_no_other(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    [intent] = sqlite_shop.at_stripe("payment_intent")

    page = visitor.get(f"/orders/{token}/pay").text

    assert re.findall(r"\w+_secret_\w+", page) == [intent["client_secret"]]
    assert not re.search(r"\b[sr]k_(test|live)_|whsec_", page)
    others = ["/", "/cart", "/checkout", f"/orders/{token}", f"/orders/{token}/status", "/nowhere"]
    assert [path for path in others if SECRET.search(visitor.get(path).text)] == []


def test_no_page_after_a_purchase_holds_a_secret(sqlite_shop: Shop):
    _, pages = purchases(sqlite_shop)

    assert [SECRET.findall(page) for page in pages if SECRET.search(page)] == []


@pytest.mark.parametrize("flow", FLOWS)
def test_the_address_to_pay_at_leads_to_stripe_and_holds_no_key(sqlite_shop: Shop, flow: str):
    visitor = sqlite_shop.visitor()
    visitor.add()

    answer = visitor.checkout(flow)

    assert not SECRET.search(answer.location + answer.text)
