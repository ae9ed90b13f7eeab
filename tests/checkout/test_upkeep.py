"""What is done from time to time: orders expire, and payments that were never heard of are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storefront import upkeep
from storefront.models import Attention, Order, Transition
from tests.checkout.meanwhile import around_a_call, calls_to_stripe
from tests.checkout.test_at_once import is_open
from tests.checkout.test_stripe_faults import KIND, PATH
from tests.checkout.test_two_tabs import FLOWS, forget_the_live_attempt, net_captured
from tests.checkout.together import together
from tests.shop import Shop

HOLD = 60 * 60 + 1
SILENCE = 10 * 60 + 1


def doing(shop: Shop, what: Callable[[], int]) -> Callable[[], int]:
    """Prepare to do it as `flask work` does."""

    def run() -> int:
        with shop.app.app_context():
            return what()

    return run


def expire(shop: Shop) -> int:
    return doing(shop, upkeep.expire_orders)()


def read_again(shop: Shop) -> int:
    return doing(shop, upkeep.read_again)()


@pytest.mark.parametrize("flow", FLOWS)
def test_an_order_whose_hold_is_over_can_no_longer_be_paid(sqlite_shop: Shop, flow: str):
    """SH-09: its attempt is stopped at Stripe, and the goods go back once."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.now += HOLD

    assert [expire(sqlite_shop), expire(sqlite_shop)] == [1, 0]

    order = sqlite_shop.order(token)
    assert (order.status, order.closed_reason) == ("cancelled", "expired")
    assert not any(is_open(each) for each in sqlite_shop.at_stripe(KIND[flow]))
    assert sqlite_shop.stock() == 27
    assert "wasn’t paid in time" in visitor.get(f"/orders/{token}").text


def test_an_order_without_any_attempt_expires_too(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    sqlite_shop.sandbox.faults.add("/v1/", "timeout_before", 2)
    visitor.buy()
    forget_the_live_attempt(sqlite_shop)
    sqlite_shop.now += HOLD

    with calls_to_stripe(sqlite_shop) as calls:
        assert expire(sqlite_shop) == 1

    assert (calls, sqlite_shop.stock()) == ([], 27)


def test_an_order_that_is_still_held_stays(sqlite_shop: Shop):
    """S2: also one whose hold was made longer by a page at Stripe."""
    visitors = [sqlite_shop.visitor() for _ in range(2)]
    _, extended = (visitor.buy() for visitor in visitors)
    sqlite_shop.now += 59 * 60
    assert expire(sqlite_shop) == 0
    visitors[1].post(f"/orders/{extended}/checkout-session")
    sqlite_shop.now += 2 * 60

    assert expire(sqlite_shop) == 1

    assert sqlite_shop.order(extended).status == "pending"
    [session] = sqlite_shop.at_stripe("checkout.session")
    assert is_open(session)
    held_for = sqlite_shop.order(extended).expires_at.timestamp() - session["expires_at"]
    assert held_for == 5 * 60


def test_a_shopper_who_goes_on_while_other_orders_expire_keeps_the_order(shop: Shop):
    """S2: the list of what is due was read before the hold was made longer."""
    shop.visitor().buy()
    shop.now += 1
    visitor = shop.visitor()
    token = visitor.buy()
    shop.now += HOLD

    with around_a_call(
        shop, "/cancel", before=lambda: visitor.post(f"/orders/{token}/checkout-session")
    ):
        assert expire(shop) == 1

    assert shop.order(token).status == "pending"
    assert is_open(shop.at_stripe("checkout.session")[0])
    assert shop.stock() == 26


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_shopper_who_goes_on_while_the_order_expires_keeps_it(shop: Shop, moment: str):
    """S2: even while Stripe is asked to stop what was open."""
    visitor = shop.visitor()
    token = visitor.buy()
    shop.now += HOLD

    def go_on() -> None:
        assert visitor.post(f"/orders/{token}/checkout-session").status_code == 303

    with around_a_call(shop, "/cancel", **{moment: go_on}):
        assert expire(shop) == 0

    assert (shop.order(token).status, shop.stock()) == ("pending", 26)
    assert is_open(shop.at_stripe("checkout.session")[0])


def test_two_workers_at_once_release_the_stock_once(shop: Shop):
    """S2."""
    for _ in range(3):
        shop.visitor().buy()
    shop.now += HOLD

    together(*[doing(shop, upkeep.expire_orders)] * 2)

    assert [order.status for order in shop.all(Order)] == ["cancelled"] * 3
    assert len(shop.all(Transition, Transition.after == "cancelled")) == 3
    assert shop.stock() == 27


def test_nothing_expires_while_stripe_cannot_be_asked(sqlite_shop: Shop):
    """S2: what can still be paid is still held; the next one is tried all the same."""
    first = sqlite_shop.visitor().buy()
    sqlite_shop.now += 1
    second = sqlite_shop.visitor().buy()
    sqlite_shop.now += HOLD
    sqlite_shop.sandbox.faults.add(PATH["payment_intent"], "reset", 2)

    assert expire(sqlite_shop) == 1

    statuses = [sqlite_shop.order(token).status for token in (first, second)]
    assert (statuses, sqlite_shop.stock()) == (["pending", "cancelled"], 26)


def paid_after_expiry(shop: Shop, flow: str) -> str:
    """Let an order expire, while a page that we know nothing of any more stays open at Stripe."""
    token = shop.visitor().buy(flow, "block-plane")
    forget_the_live_attempt(shop)
    shop.now += HOLD
    assert expire(shop) == 1
    return token


def test_a_payment_after_the_expiry_pays_the_order_if_the_goods_are_there(shop: Shop):
    """SH-09: they are taken again."""
    token = paid_after_expiry(shop, "payment_intent")
    shop.pay(token)

    shop.deliver()

    assert (shop.order(token).status, shop.stock("block-plane")) == ("paid", 0)
    assert shop.one(Attention).reason == "paid_late"
    assert (shop.work(), net_captured(shop)) == (0, shop.order(token).amount_total)


def test_a_payment_after_the_expiry_goes_back_if_the_goods_are_sold(shop: Shop):
    """SH-09: refunded without anybody being asked, and never more sold than there is."""
    token = paid_after_expiry(shop, "payment_intent")
    shop.visitor().buy(slug="block-plane")
    shop.pay(token)

    shop.deliver()
    shop.work()

    assert (shop.order(token).status, shop.stock("block-plane")) == ("cancelled", 0)
    assert shop.one(Attention).reason == "paid_but_sold_out"
    assert net_captured(shop) == 0


@pytest.mark.parametrize("flow", FLOWS)
def test_a_payment_whose_event_never_came_is_found(shop: Shop, flow: str):
    """SH-14: within ten minutes, whether the shopper comes back or not."""
    token = shop.visitor().buy(flow)
    shop.pay(token)
    shop.now += SILENCE

    assert read_again(shop) == 1

    assert shop.order(token).status == "paid"
    assert read_again(shop) == 0


@pytest.mark.parametrize("flow", FLOWS)
def test_what_can_still_be_paid_of_a_closed_order_is_stopped(sqlite_shop: Shop, flow: str):
    """SH-10: its page at Stripe was forgotten when the order was cancelled, or has opened again."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    forget_the_live_attempt(sqlite_shop)
    visitor.post(f"/orders/{token}/cancel")
    assert is_open(sqlite_shop.at_stripe(KIND[flow])[0])
    sqlite_shop.now += SILENCE

    assert read_again(sqlite_shop) == 1

    assert not is_open(sqlite_shop.at_stripe(KIND[flow])[0])
    assert sqlite_shop.payments(token)[0].status == "canceled"


def test_stripe_is_asked_only_about_what_has_been_silent_for_long(sqlite_shop: Shop):
    """SH-14: not before ten minutes, and then not again for ten more."""
    sqlite_shop.visitor().buy()
    with calls_to_stripe(sqlite_shop) as calls:
        for minutes in (9, 2, 1, 8, 2):
            sqlite_shop.now += minutes * 60
            calls.append(f"{read_again(sqlite_shop)} after {minutes} minutes")

    [intent] = sqlite_shop.at_stripe("payment_intent")
    read = f"GET /v1/payment_intents/{intent['id']}"
    assert calls == [
        "0 after 9 minutes", read, "1 after 2 minutes", "0 after 1 minutes",
        "0 after 8 minutes", read, "1 after 2 minutes",
    ]  # fmt: skip


def test_what_is_closed_or_was_never_made_is_not_read(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.post(f"/orders/{visitor.buy()}/cancel")
    sqlite_shop.sandbox.faults.add("/v1/", "timeout_before", 2)
    sqlite_shop.visitor().buy()
    sqlite_shop.now += SILENCE

    with calls_to_stripe(sqlite_shop) as calls:
        assert read_again(sqlite_shop) == 0

    assert calls == []


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("kind", ["429", "reset", "forgotten"])
def test_one_that_stripe_refuses_does_not_stop_the_others(sqlite_shop: Shop, flow: str, kind: str):
    """ST-05 and SH-14."""
    first = sqlite_shop.visitor().buy(flow)
    sqlite_shop.now += 1
    tokens = [first, *(sqlite_shop.visitor().buy(flow) for _ in range(2))]
    made = sqlite_shop.at_stripe(KIND[flow])[0]["id"]
    for token in tokens:
        sqlite_shop.pay(token)
    if kind == "forgotten":
        sqlite_shop.sandbox.remove(KIND[flow], made)
    else:
        sqlite_shop.sandbox.faults.add(f"{PATH[flow]}/{made}", kind, 2)
    sqlite_shop.now += SILENCE

    assert read_again(sqlite_shop) == 2

    statuses = [sqlite_shop.order(token).status for token in tokens]
    assert statuses == ["pending", "paid", "paid"]
