"""SEPA debits in both flows: the money takes days, and may not come in the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storefront import upkeep
from tests.checkout.test_two_tabs import FLOWS
from tests.shop import DEBIT_FAILS, DEBIT_SUCCEEDS, VISA, Shop

DAY = 24 * 3600


@pytest.fixture
def eur_shop(database_url: str) -> Iterator[Shop]:
    """A shop that sells in euros, in front of a Stripe whose debits take four days."""
    with Shop(database_url, currency="eur") as shop:
        shop.sandbox.settle_after = 4 * DAY
        yield shop


def debited(shop: Shop, flow: str, iban: str) -> str:
    """Buy and agree to a debit; returns the order's token."""
    token = shop.visitor().buy(flow)
    shop.pay(token, iban)
    shop.deliver()
    return token


def expire(shop: Shop) -> int:
    with shop.app.app_context():
        return upkeep.expire_orders()


@pytest.mark.parametrize("flow", FLOWS)
def test_a_debit_is_processing_for_days_and_paid_in_the_end(eur_shop: Shop, flow: str):
    """RF-02, WH-08: nothing expires meanwhile, and the goods stay set aside."""
    before = eur_shop.stock()
    token = debited(eur_shop, flow, DEBIT_SUCCEEDS)
    assert eur_shop.order(token).status == "processing"

    eur_shop.wait(3 * DAY)
    assert (expire(eur_shop), eur_shop.deliver()) == (0, [])
    assert (eur_shop.order(token).status, eur_shop.stock()) == ("processing", before - 1)

    eur_shop.wait(1 * DAY)
    eur_shop.deliver()
    assert (eur_shop.order(token).status, eur_shop.stock()) == ("paid", before - 1)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_debit_that_fails_after_days_leaves_the_order_payable(eur_shop: Shop, flow: str):
    """RF-01."""
    token = debited(eur_shop, flow, DEBIT_FAILS)

    eur_shop.wait(4 * DAY)
    eur_shop.deliver()

    assert eur_shop.payments(token)[-1].status == "failed"
    assert eur_shop.order(token).status == "pending"


@pytest.mark.parametrize("flow", FLOWS)
def test_after_a_failed_debit_the_order_expires_and_releases_its_stock_once(
    eur_shop: Shop, flow: str
):
    """RF-01, S2."""
    before = eur_shop.stock()
    token = debited(eur_shop, flow, DEBIT_FAILS)
    eur_shop.wait(4 * DAY)
    eur_shop.deliver()

    assert (expire(eur_shop), expire(eur_shop)) == (1, 0)
    assert (eur_shop.order(token).status, eur_shop.stock()) == ("cancelled", before)


def test_after_a_failed_debit_the_shopper_pays_by_card(eur_shop: Shop):
    """RF-01: the order was on hold for days, so it is paid for at the price that was agreed on."""
    shopper = eur_shop.visitor()
    token = shopper.buy()
    eur_shop.pay(token, DEBIT_FAILS)
    eur_shop.wait(4 * DAY)
    eur_shop.deliver()

    shopper.post(f"/orders/{token}/payment-intent")
    eur_shop.pay(token, VISA)
    eur_shop.deliver()

    assert eur_shop.order(token).status == "paid"
