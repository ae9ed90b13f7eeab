"""Rounds are bounded, and what doesn't fit into one gets its turn in the next."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from storefront import catching_up, cursors, upkeep
from storefront.models import Order, Payment, StripeEvent
from tests.reconcile.rounds import position, reconciled
from tests.shop import Shop

HOLD = 60 * 60 + 1


def turn(shop: Shop, at_most: int) -> list[str]:
    """Return the ids of the orders whose turn it is, the oldest first."""
    with shop.app.app_context():
        by = (Order.created_at, Order.id)
        return list(cursors.next_in_turn("test", select(Order), by, at_most=at_most))


def sell(shop: Shop, times: int) -> list[str]:
    """Place orders at different times, the last two in the same second; returns their ids."""
    for number in range(times):
        shop.visitor().buy(slug="cedar-pencils")
        shop.now += 1 if number < times - 2 else 0
    by_age = sorted(shop.all(Order), key=lambda order: (order.created_at, order.id))
    return [order.id for order in by_age]


def test_everybody_comes_in_turn(shop: Shop):
    ids = sell(shop, 5)

    assert [turn(shop, 2) for _ in range(4)] == [
        ids[:2],
        ids[2:4],
        [ids[4], ids[0]],
        ids[1:3],
    ]


def test_a_round_that_has_room_for_all_begins_with_the_first(sqlite_shop: Shop):
    ids = sell(sqlite_shop, 3)

    assert [turn(sqlite_shop, 5) for _ in range(2)] == [ids, ids]
    assert position(sqlite_shop, "test") == ""


def test_orders_that_cannot_expire_do_not_keep_the_others_from_it(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """S2: as many as fit into a round fail for good; those behind them are closed all the same."""
    monkeypatch.setattr(upkeep, "AT_MOST", 2)
    ids = sell(sqlite_shop, 5)
    sqlite_shop.now += HOLD
    for payment in sqlite_shop.all(Payment, Payment.order_id.in_(ids[:2])):
        path = f"/v1/payment_intents/{payment.payment_intent_id}"
        sqlite_shop.sandbox.faults.add(path, "reset", 100)

    with sqlite_shop.app.app_context():
        done = [upkeep.expire_orders() for _ in range(3)]

    assert done == [0, 2, 1]
    assert len(sqlite_shop.all(Order, Order.status == "cancelled")) == 3


def test_payments_that_cannot_be_read_do_not_keep_the_others_from_it(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """SH-14."""
    monkeypatch.setattr(upkeep, "AT_MOST", 1)
    sell(sqlite_shop, 2)
    first, second = sorted(sqlite_shop.all(Payment), key=lambda payment: payment.id)
    sqlite_shop.pay_at_stripe(second.payment_intent_id or "")
    sqlite_shop.sandbox.faults.add(f"/v1/payment_intents/{first.payment_intent_id}", "reset", 100)
    sqlite_shop.now += 11 * 60

    with sqlite_shop.app.app_context():
        assert [upkeep.read_again() for _ in range(2)] == [0, 1]

    assert sqlite_shop.one(Order, Order.id == second.order_id).status == "paid"


def test_a_long_list_of_missed_events_takes_several_rounds(
    sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """WH-32: each goes on where the one before came to."""
    monkeypatch.setattr(catching_up, "MOST_PAGES", 1)
    monkeypatch.setattr("storefront.gateway_lists.PAGE", 2)
    for _ in range(5):
        sqlite_shop.pay(sqlite_shop.visitor().buy(slug="cedar-pencils"))
        sqlite_shop.now += 10 * 60
    sqlite_shop.deliver()
    sqlite_shop.write(delete(StripeEvent))

    missed = [reconciled(sqlite_shop).missed.total() for _ in range(5)]

    assert (sum(missed), max(missed), missed[-1]) == (5, 2, 0)


def test_two_rounds_that_move_a_cursor_leave_it_where_the_first_came_to(shop: Shop):
    """Never further than what one of them has committed."""
    with shop.app.app_context():
        cursors.move("test", before="", after="1")
        cursors.move("test", before="1", after="5")
        cursors.move("test", before="1", after="9")
        cursors.move("test", before="", after="7")

    assert position(shop, "test") == "5"
