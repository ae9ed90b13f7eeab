"""Stripe has forgotten, repeats an old failure, or answers late: the order can be paid, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from storefront import create_app
from storefront.db import db
from storefront.models import Payment
from tests.checkout.meanwhile import around_a_call, calls_to_stripe
from tests.checkout.test_at_once import checkout_click, is_open
from tests.checkout.test_stripe_faults import ASKED_IN_ALL, KIND, PATH, started
from tests.checkout.test_two_tabs import FLOWS, START, net_captured
from tests.shop import Client, Shop, Visitor
from tests.webhooks.telling import retold, the

LOST_SESSION = 20 * 60


def failed_and_remembered(shop: Shop, flow: str) -> Visitor:
    """Nothing was made, and Stripe answers with that failure for a day."""
    shop.sandbox.faults.add(PATH[flow], "500")
    return lost(shop, flow, "reset", times=1)


def made_but_failed(shop: Shop, flow: str) -> Visitor:
    """The object was made, and then something failed: Stripe keeps that answer, too."""
    visitor = lost(shop, flow, "timeout_after")
    error = {"error": {"type": "api_error", "message": "An unexpected error occurred."}}
    for kept in shop.sandbox.state.idempotency.values():
        kept |= {"status": 500, "body": error}
    return visitor


def deployed_elsewhere(shop: Shop, flow: str) -> Visitor:
    """The object was made, and the shop has moved: the same key comes with other parameters."""
    visitor = lost(shop, flow, "timeout_after")
    with shop.app.app_context():
        db.engine.dispose()
    shop.settings = replace(shop.settings, public_base_url="http://127.0.0.1:9000")
    shop.app = create_app(shop.settings, transport=shop.transport, clock=shop.clock)
    shop.app.test_client_class = Client
    return visitor.tab()


def forgotten(shop: Shop, flow: str) -> Visitor:
    """Stripe has no such object any more, as a sandbox that was started anew."""
    visitor = shop.visitor()
    visitor.buy(flow)
    [made] = shop.at_stripe(KIND[flow])
    shop.sandbox.remove(KIND[flow], made["id"])
    return visitor


def lost(shop: Shop, flow: str, kind: str, times: int = ASKED_IN_ALL) -> Visitor:
    """Somebody started to pay, and got a page to try again."""
    shop.sandbox.faults.add(PATH[flow], kind, times)
    visitor = shop.visitor()
    started(visitor, flow)
    return visitor


TROUBLES: dict[str, Callable[[Shop, str], Visitor]] = {
    each.__name__: each
    for each in (failed_and_remembered, made_but_failed, deployed_elsewhere, forgotten)
}


def click_twice(visitor: Visitor, act: str) -> str:
    """Click, and once more if that was answered with a page to try again; returns the token."""
    token = visitor.orders()[-1].token
    if visitor.post(f"/orders/{token}/{act}").status_code != 303:
        assert visitor.post(f"/orders/{token}/{act}").status_code == 303
    return token


def payable(shop: Shop) -> list[dict[str, Any]]:
    """Return everything at Stripe that a shopper could still pay."""
    made = shop.at_stripe("payment_intent") + shop.at_stripe("checkout.session")
    return [each for each in made if is_open(each)]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("way", FLOWS)
def test_an_order_in_trouble_is_paid_by_either_way(
    sqlite_shop: Shop, trouble: str, flow: str, way: str
):
    """ST-04 and M6: by one more click at most, through the one object that can be paid."""
    visitor = TROUBLES[trouble](sqlite_shop, flow)

    token = click_twice(visitor, START[way])

    [chosen] = payable(sqlite_shop)
    assert chosen["object"] == KIND[way]
    sqlite_shop.pay_at_stripe(chosen["id"])
    sqlite_shop.deliver()
    assert sqlite_shop.order(token).status == "paid"
    assert net_captured(sqlite_shop) == 2999


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("flow", FLOWS)
def test_an_order_in_trouble_can_be_cancelled(sqlite_shop: Shop, trouble: str, flow: str):
    """ST-04: nothing stays behind that could be paid, and the goods go back to the shelf."""
    visitor = TROUBLES[trouble](sqlite_shop, flow)

    token = click_twice(visitor, "cancel")

    assert sqlite_shop.order(token).status == "cancelled"
    assert payable(sqlite_shop) == []
    assert sqlite_shop.stock() == 27


@pytest.mark.parametrize("trouble", ["made_but_failed", "deployed_elsewhere"])
@pytest.mark.parametrize("flow", FLOWS)
def test_what_was_made_before_the_failure_is_adopted(sqlite_shop: Shop, trouble: str, flow: str):
    """ST-04: a second one is made only when a look-up has proved that there is none."""
    visitor = TROUBLES[trouble](sqlite_shop, flow)
    [made] = sqlite_shop.at_stripe(KIND[flow])

    click_twice(visitor, START[flow])

    assert [each["id"] for each in sqlite_shop.at_stripe(KIND[flow])] == [made["id"]]
    payment = sqlite_shop.one(Payment)
    assert made["id"] in {payment.payment_intent_id, payment.checkout_session_id}


@pytest.mark.parametrize("flow", FLOWS)
def test_no_attempt_is_given_up_while_the_look_up_fails(sqlite_shop: Shop, flow: str):
    """ST-04: not knowing is no proof."""
    visitor = made_but_failed(sqlite_shop, flow)
    [order] = visitor.orders()
    replayed = {"before": lambda: sqlite_shop.sandbox.faults.add(PATH[flow], "reset", 2)}

    with around_a_call(sqlite_shop, f"{PATH[flow]}?created", **replayed):
        answer = visitor.post(f"/orders/{order.token}/{START[flow]}")

    assert answer.status_code == 503
    assert [payment.is_live for payment in sqlite_shop.payments(order.token)] == [True]


def test_the_card_forms_page_of_a_forgotten_intent_leads_back_to_the_order(sqlite_shop: Shop):
    visitor = forgotten(sqlite_shop, "payment_intent")
    [order] = visitor.orders()

    answer = visitor.get(f"/orders/{order.token}/pay")

    assert (answer.status_code, answer.location) == (303, f"/orders/{order.token}")
    assert "Pay here</button>" in visitor.get(answer.location).text


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after"])
def test_a_session_whose_creation_got_no_answer_is_replaced_when_it_is_too_old(
    sqlite_shop: Shop, kind: str
):
    """ST-02: Stripe wants thirty minutes, and that many aren't left; or has it, and keeps it."""
    visitor = lost(sqlite_shop, "checkout_session", kind)
    [order] = visitor.orders()
    sqlite_shop.now += LOST_SESSION

    assert visitor.post(f"/orders/{order.token}/checkout-session").status_code == 303

    [session], payments = payable(sqlite_shop), sqlite_shop.payments(order.token)
    assert payments[-1].checkout_session_id == session["id"]
    assert len(payments) == {"timeout_before": 2, "timeout_after": 1}[kind]


@pytest.mark.parametrize("flow", FLOWS)
def test_a_conflict_with_the_first_click_ends_in_the_same_object(sqlite_shop: Shop, flow: str):
    """ST-06 and SH-01: the second click waits for the first instead of showing an error."""
    visitor = lost(sqlite_shop, flow, "timeout_after")
    [order] = visitor.orders()
    sqlite_shop.sandbox.faults.add(PATH[flow], "409", 2)

    answer = visitor.post(f"/orders/{order.token}/{START[flow]}")

    assert answer.status_code == 303
    assert len(sqlite_shop.at_stripe(KIND[flow])) == len(sqlite_shop.all(Payment)) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_late_answer_to_a_creation_is_no_news(shop: Shop, visitor: Visitor, moment: str):
    """SH-12: a first answer that was slow, and Stripe's copy of it for a second click."""
    visitor.add()
    first, second = (checkout_click(visitor, "payment_intent") for _ in range(2))

    def pay_elsewhere() -> None:
        if moment == "before":
            second()
        made = the(shop, "payment_intent.created")
        shop.sign_and_post(retold(made, as_="payment_intent.processing", status="processing"))
        shop.now += 5

    with around_a_call(shop, PATH["payment_intent"], **{moment: pay_elsewhere}):
        answer = first()

    [order] = visitor.orders()
    assert (order.status, order.payments[0].status) == ("processing", "processing")
    assert answer.location == f"/orders/{order.token}"


def test_a_payment_that_is_on_its_way_is_left_alone(sqlite_shop: Shop):
    """SH-10 and RF-02: Stripe isn't even asked to stop it, and the shopper is told."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    made = the(sqlite_shop, "payment_intent.created")
    sqlite_shop.sign_and_post(retold(made, as_="payment_intent.processing", status="processing"))

    with calls_to_stripe(sqlite_shop) as calls:
        answer = visitor.post(f"/orders/{token}/cancel")

    assert calls == []
    assert "can’t be cancelled any more" in visitor.get(answer.location).text
    assert (sqlite_shop.order(token).status, sqlite_shop.stock()) == ("processing", 26)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("word", ["store_id", "payment_id"])
def test_an_answer_about_something_foreign_is_not_used_to_pay(
    sqlite_shop: Shop, flow: str, word: str
):
    """WH-15: what isn't this payment's is neither shown to the shopper nor adopted."""
    works = sqlite_shop.transport.send

    def send(*args: Any, **kwargs: Any) -> requests.Response:
        answer = works(*args, **kwargs)
        found = json.loads(answer.content)
        found["metadata"][word] = "another"
        answer._content = json.dumps(found).encode()
        return answer

    sqlite_shop.transport.send = send  # type: ignore[method-assign]
    visitor = sqlite_shop.visitor()
    visitor.add()
    answer = visitor.checkout(flow)

    assert answer.status_code == 502
    payment = sqlite_shop.one(Payment)
    assert payment.payment_intent_id is payment.checkout_session_id is None
