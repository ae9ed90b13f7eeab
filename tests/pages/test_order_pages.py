"""An order's pages in every state that an order can be in."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import insert
from werkzeug.test import TestResponse

from storefront.models import Attention
from storefront.views.status import poll_seconds
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.pages.states import STATES, State, at_stripe, declined, paid, paid_after_cancelling
from tests.shop import DECLINED, Shop, Visitor
from tests.statements import statements
from tests.worlds import in_world


@dataclass(frozen=True)
class Reached:
    """An order in a state, and the visitor to whom it belongs."""

    state: State
    visitor: Visitor
    token: str

    def open(self, end: str = "") -> TestResponse:
        """Open one of the order's pages."""
        return self.visitor.get(f"/orders/{self.token}{end}")


@pytest.fixture(scope="module", params=STATES)
def reached(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reached]:
    """An order in each of the states in turn, shared by the tests that only look at it."""
    path = tmp_path_factory.mktemp("state") / "shop.db"
    shutil.copy(sqlite_template, path)
    with Shop(f"sqlite:///{path}") as shop:
        visitor = shop.visitor()
        state = STATES[request.param]
        yield Reached(state, visitor, state.reach(shop, visitor))


def test_the_page_says_where_the_order_stands(reached: Reached):
    page = checked_page(reached.open().text)

    assert reached.state.title in text_of(page)
    assert "Paper shears, 21 cm" in text_of(page)
    assert "$29.99" in text_of(page)
    assert "a@example.com" in text_of(page)


def test_the_fragment_is_the_same_as_in_the_page(reached: Reached):
    fragment = checked_fragment(reached.open("/status").text)
    page = checked_page(reached.open().text)

    [region] = [each for each in page.iter("div") if each.get("id") == "order-status-region"]
    assert region.get("aria-live") == "polite"
    assert text_of(fragment) == text_of(region)
    assert fragment.get("id") == "order-status"


def test_it_is_asked_for_again_only_while_something_can_change(reached: Reached):
    fragment = checked_fragment(reached.open("/status").text)
    page = reached.open().text

    polls = {name: value for name, value in fragment.attrib.items() if name.startswith("hx-")}
    assert ("If-None-Match" in polls.pop("hx-headers", "")) == reached.state.is_waiting
    wanted = {
        "hx-get": f"/orders/{reached.token}/status",
        "hx-trigger": "every 2s",
        "hx-swap": "outerMorph",
    }
    assert polls == (wanted if reached.state.is_waiting else {})
    is_left_alone = "Make it interesting" in page  # what somebody opened would close
    assert ('http-equiv="refresh"' in page) == (reached.state.is_waiting and not is_left_alone)
    assert ("htmx.min.js" in page) == reached.state.is_waiting


def test_it_can_be_paid_and_cancelled_only_while_it_waits(reached: Reached):
    [page] = checked_page(reached.open().text).iter("main")

    ways = {"payment-intent", "checkout-session", "cancel", "scenario"}
    actions = {form.get("action", "").rpartition("/")[2] for form in page.iter("form")}
    assert actions == (ways if reached.state.can_pay else set())


def test_the_card_form_opens_only_for_what_can_be_paid_there(reached: Reached):
    answer = reached.open("/pay")

    if reached.state.can_be_mounted:
        assert "Pay $29.99" in text_of(checked_page(answer.text))
    else:
        assert (answer.status_code, answer.location) == (303, f"/orders/{reached.token}")


def test_a_decline_is_told_in_stripes_words(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = declined(sqlite_shop, visitor)

    page = visitor.get(f"/orders/{token}").text

    assert "Your card was declined." in page
    assert "You were not charged." in page


def test_money_that_came_after_cancelling_is_not_denied(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = paid_after_cancelling(sqlite_shop, visitor)

    page = visitor.get(f"/orders/{token}").text

    assert "It is being refunded in full." in page
    assert "You were not charged" not in page


@pytest.mark.parametrize(
    ("age", "every"),
    [(0, 2), (29, 2), (30, 3), (119, 3), (120, 5), (299, 5), (300, 8), (899, 8), (900, 13),
     (10**6, 13)],
)  # fmt: skip
def test_the_server_lets_older_orders_ask_less_often(sqlite_url: str, age: int, every: int):
    with in_world("TEST", sqlite_url) as shop:
        visitor = shop.visitor()
        token = visitor.buy()
        shop.now += age

        page = visitor.get(f"/orders/{token}").text

    assert f'hx-trigger="every {every}s"' in page
    assert f'http-equiv="refresh" content="{max(every, 5)}"' in page


def test_a_new_attempt_is_asked_about_quickly_again(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.now += 1000

    visitor.post(f"/orders/{token}/checkout-session")

    assert 'hx-trigger="every 2s"' in visitor.get(f"/orders/{token}/status").text


def test_polls_grow_slower_and_never_faster():
    intervals = [poll_seconds(age) for age in range(2000)]

    assert intervals == sorted(intervals)
    assert set(intervals) == {2, 3, 5, 8, 13}


def test_a_poll_never_calls_stripe(sqlite_shop: Shop):
    """LD-01."""
    visitor = sqlite_shop.visitor()
    tokens = [at_stripe(sqlite_shop, visitor), paid(sqlite_shop, sqlite_shop.visitor())]
    asked = len(sqlite_shop.sandbox.requests)

    for token in tokens:
        for path in (f"/orders/{token}/status", f"/orders/{token}"):
            visitor.get(path)

    assert len(sqlite_shop.sandbox.requests) == asked


def test_a_page_that_waits_turns_paid_at_its_next_poll(sqlite_shop: Shop):
    """L2."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)
    assert 'data-status="pending"' in visitor.get(f"/orders/{token}/status").text

    sqlite_shop.deliver()

    assert 'data-status="paid"' in visitor.get(f"/orders/{token}/status").text


def test_a_waiting_fragment_asks_with_its_tag_and_is_answered_in_one_read(shop: Shop):
    """Nothing new is 304 without a body, and costs one statement."""
    visitor = shop.visitor()
    token = visitor.buy()
    path = f"/orders/{token}/status"
    asked = hx_headers(visitor.get(path).text)

    with statements(shop) as sent:
        answer = visitor.client.get(path, headers=asked)

    assert (answer.status_code, answer.data, len(sent)) == (304, b"", 1)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("end", ["", "/status"])
def test_the_page_and_the_fragment_carry_the_same_tag(visitor: Visitor, end: str):
    token = visitor.buy()
    asked = hx_headers(visitor.get(f"/orders/{token}{end}").text)

    assert visitor.client.get(f"/orders/{token}/status", headers=asked).status_code == 304


NEWS = {
    "paid": lambda shop, visitor, token: (shop.pay(token), shop.deliver()),
    "declined": lambda shop, visitor, token: (shop.pay(token, DECLINED), shop.deliver()),
    "cancelled": lambda shop, visitor, token: visitor.post(f"/orders/{token}/cancel"),
    "another attempt": lambda shop, visitor, token: visitor.post(
        f"/orders/{token}/checkout-session"
    ),
    "a human is asked for": lambda shop, visitor, token: shop.write(
        insert(Attention).values(
            order_id=shop.order(token).id, reason="mismatch", sentence="Look.", currency="usd",
            opened_at=datetime.fromtimestamp(shop.now, UTC),
        )
    ),
    "time goes by": lambda shop, visitor, token: setattr(shop, "now", shop.now + 31),
}  # fmt: skip


@pytest.mark.parametrize("news", NEWS)
def test_whatever_is_new_is_told_at_once(shop: Shop, news: str):
    """No news is ever answered 304."""
    visitor = shop.visitor()
    token = visitor.buy()
    asked = hx_headers(visitor.get(f"/orders/{token}").text)

    NEWS[news](shop, visitor, token)

    answer = visitor.client.get(f"/orders/{token}/status", headers=asked)
    assert answer.status_code == 200
    assert "order-status" in answer.text


def test_another_language_is_news(visitor: Visitor):
    token = visitor.buy()
    asked = hx_headers(visitor.get(f"/orders/{token}").text)

    asked["Accept-Language"] = "zh-TW"
    assert visitor.client.get(f"/orders/{token}/status", headers=asked).status_code == 200


def test_the_tag_of_somebody_elses_order_tells_nothing(shop: Shop):
    visitor = shop.visitor()
    token = visitor.buy()
    asked = hx_headers(visitor.get(f"/orders/{token}").text)

    for path in (f"/orders/{token}/status", "/orders/unknown/status", "/orders/a-b/status"):
        assert shop.visitor().client.get(path, headers=asked).status_code == 404


def hx_headers(page: str) -> dict[str, str]:
    """Return the headers that the fragment asks with, as htmx reads them."""
    found = re.search(r"hx-headers='([^']+)'", page)
    assert found
    headers: dict[str, str] = json.loads(unescape(found[1]))
    return headers
