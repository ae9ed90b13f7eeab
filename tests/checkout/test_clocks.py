"""Clocks that disagree: only the signature's tolerance compares Stripe's with ours."""

from __future__ import annotations

import pytest

from tests.checkout.test_two_tabs import FLOWS
from tests.shop import Shop

FOUR_MINUTES, TEN_MINUTES, HOUR = 240, 600, 3600


def let_stripe_be_ahead(shop: Shop, seconds: int) -> None:
    shop.sandbox.state.clock_offset += seconds


def jump_back(shop: Shop, seconds: int) -> None:
    """Set our own clock back, and leave Stripe's alone."""
    shop.now -= seconds
    let_stripe_be_ahead(shop, seconds)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("seconds", [FOUR_MINUTES, -FOUR_MINUTES])
def test_some_minutes_of_difference_are_not_noticed(sqlite_shop: Shop, flow: str, seconds: int):
    """ST-12."""
    let_stripe_be_ahead(sqlite_shop, seconds)
    token = sqlite_shop.visitor().buy(flow)
    sqlite_shop.pay(token)

    assert "refused" not in sqlite_shop.deliver()
    assert sqlite_shop.order(token).status == "paid"


@pytest.mark.parametrize("flow", FLOWS)
def test_deliveries_from_the_future_are_refused_aloud_and_the_truth_is_read(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture, flow: str
):
    """ST-12: Stripe is ten minutes ahead; every refusal is a warning, and coming back pays."""
    let_stripe_be_ahead(sqlite_shop, TEN_MINUTES)
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.pay(token)

    assert set(sqlite_shop.deliver()) == {"refused"}
    assert "reason=The signature's timestamp is too far from our clock." in caplog.text
    visitor.get(f"/return?order={token}")

    assert sqlite_shop.order(token).status == "paid"


@pytest.mark.parametrize("flow", FLOWS)
def test_our_own_clock_may_jump_back_an_hour(sqlite_shop: Shop, flow: str):
    """ST-12: what was heard before the jump stays what it was, and the newer news counts."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.deliver()
    jump_back(sqlite_shop, HOUR)
    sqlite_shop.pay(token)
    visitor.get(f"/return?order={token}")

    assert sqlite_shop.order(token).status == "paid"
    jump_back(sqlite_shop, -HOUR)
    sqlite_shop.deliver()
    assert sqlite_shop.order(token).status == "paid"
