"""How long the parts of a purchase took: what is known by one clock, and what by two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import update

from storefront import clock
from storefront.history import history_of
from storefront.models import GatewayCall
from storefront.timings import Part, Precision, Timing, timings_of
from storefront.trace import trace_of
from tests.checkout.test_two_tabs import FLOWS
from tests.shop import DECLINED, Shop


def measured(shop: Shop, token: str) -> Mapping[Part, Timing]:
    with shop.app.app_context():
        order = shop.order(token)
        return timings_of(order, trace_of(history_of(order), now=clock.now()).steps)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_purchase_is_measured_from_its_own_story(sqlite_shop: Shop, flow: str):
    token = sqlite_shop.visitor().buy(flow)
    sqlite_shop.write(update(GatewayCall).values(ms=150))
    sqlite_shop.now += 20.25
    sqlite_shop.pay(token)
    sqlite_shop.now += 1.5
    sqlite_shop.deliver()

    assert measured(sqlite_shop, token) == {
        Part.WRITTEN: Timing(timedelta(0)),
        Part.ANSWERED: Timing(timedelta(milliseconds=150)),
        Part.AT_STRIPE: Timing(timedelta(seconds=19.85), Precision.ABOUT),
        Part.KNOWN: Timing(timedelta(seconds=1.75), Precision.AT_MOST),
        Part.TOLD: Timing(timedelta(seconds=1.75), Precision.AT_MOST),
        Part.WHOLE: Timing(timedelta(seconds=21.75)),
    }


def test_what_hasnt_happened_has_no_time(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token, DECLINED)
    sqlite_shop.deliver()

    assert measured(sqlite_shop, token).keys() == {Part.WRITTEN, Part.ANSWERED}


def test_money_that_was_read_before_its_event_is_known_before_it_is_told(sqlite_shop: Shop):
    """SH-11."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)
    visitor.get(f"/return?order={token}")
    assert Part.TOLD not in measured(sqlite_shop, token)
    sqlite_shop.now += 30
    sqlite_shop.deliver()

    found = measured(sqlite_shop, token)

    assert (found[Part.KNOWN].took, found[Part.TOLD].took) == (timedelta(0), timedelta(seconds=30))


def test_of_several_attempts_the_one_that_paid_is_measured(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.now += 60
    visitor.post(f"/orders/{token}/checkout-session")
    sqlite_shop.now += 5
    sqlite_shop.pay(token)
    sqlite_shop.deliver()

    assert measured(sqlite_shop, token)[Part.WHOLE] == Timing(timedelta(seconds=5))
