"""What went back of an order's money is named on its page, and so is what stays paid."""

from __future__ import annotations

import pytest

from tests.checkout.test_two_tabs import captured_twice
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.pages.states import paid, partly_refunded, refunded, tell
from tests.shop import Shop, Visitor
from tests.webhooks.telling import retold


def test_what_went_back_is_named_and_what_stays_paid(sqlite_shop: Shop):
    visitor, other = sqlite_shop.visitor(), sqlite_shop.visitor()
    half, whole = partly_refunded(sqlite_shop, visitor), refunded(sqlite_shop, other)

    in_part = text_of(checked_fragment(visitor.get(f"/orders/{half}/status").text))
    in_full = text_of(checked_fragment(other.get(f"/orders/{whole}/status").text))

    assert "Refunded $10.00 Stays paid $19.99" in in_part
    assert "Refunded $29.99" in in_full
    assert "Stays paid" not in in_full


def test_a_refund_that_failed_did_not_go_back(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = partly_refunded(sqlite_shop, visitor)
    [made] = sqlite_shop.events("refund.created")
    tell(sqlite_shop, retold(made, as_="refund.failed", status="failed"))

    assert "Stays paid" not in visitor.get(f"/orders/{token}").text


def test_money_that_was_paid_twice_is_named_when_it_went_back(sqlite_shop: Shop):
    visitor, token = captured_twice(sqlite_shop)
    sqlite_shop.deliver()
    sqlite_shop.work()

    told = text_of(checked_page(visitor.get(f"/orders/{token}").text))

    assert "Paid. Thank you!" in told
    assert "Refunded $29.99 Stays paid $29.99" in told


@pytest.mark.parametrize("paid_first", [0, 1])
def test_each_of_two_payments_is_named_by_its_flow_with_what_becomes_of_it(
    sqlite_shop: Shop, paid_first: int
):
    visitor, token = captured_twice(sqlite_shop, paid_first=paid_first)
    sqlite_shop.deliver()

    told = told_of_both(visitor, token)

    assert "2 payments came for this order" in told
    here, there = "card form (PaymentIntent): $29.99", "Stripe’s page (Checkout): $29.99"
    pays, goes_back = "It pays this order.", "One too many: all of it goes back to you."
    assert f"{here} {goes_back if paid_first else pays}" in told
    assert f"{there} {pays if paid_first else goes_back}" in told


def test_a_second_payment_that_couldnt_go_back_is_looked_at(sqlite_shop: Shop):
    visitor, token = captured_twice(sqlite_shop)
    sqlite_shop.deliver()
    sqlite_shop.work()
    [made] = sqlite_shop.events("refund.created")
    tell(sqlite_shop, retold(made, as_="refund.failed", status="failed"))

    told = told_of_both(visitor, token)

    assert "One too many: we are looking at it. You don’t have to do anything." in told
    assert "goes back to you" not in told


def test_one_payment_needs_no_such_words(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()

    assert "for this order:" not in visitor.get(f"/orders/{paid(sqlite_shop, visitor)}").text


def told_of_both(visitor: Visitor, token: str) -> str:
    return text_of(checked_page(visitor.get(f"/orders/{token}").text))


def test_it_is_named_in_the_readers_language(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = partly_refunded(sqlite_shop, visitor)
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-TW"

    told = text_of(checked_page(visitor.get(f"/orders/{token}").text))

    assert "已退款 US$10.00 仍為已付款 US$19.99" in told
