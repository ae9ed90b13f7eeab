"""An order's pages in every state that an order can be in."""

from __future__ import annotations

import pytest

from storefront.views.status import poll_seconds
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.pages.states import STATES, State, at_stripe, declined, paid, paid_after_cancelling
from tests.shop import Shop

each_state = pytest.mark.parametrize("state", STATES.values(), ids=STATES)


@each_state
def test_the_page_says_where_the_order_stands(sqlite_shop: Shop, state: State):
    visitor = sqlite_shop.visitor()
    token = state.reach(sqlite_shop, visitor)

    page = checked_page(visitor.get(f"/orders/{token}").text)

    assert state.title in text_of(page)
    assert "Paper shears, 21 cm" in text_of(page)
    assert "$29.99" in text_of(page)
    assert "a@example.com" in text_of(page)


@each_state
def test_the_fragment_is_the_same_as_in_the_page(sqlite_shop: Shop, state: State):
    visitor = sqlite_shop.visitor()
    token = state.reach(sqlite_shop, visitor)

    fragment = checked_fragment(visitor.get(f"/orders/{token}/status").text)
    page = checked_page(visitor.get(f"/orders/{token}").text)

    [region] = [each for each in page.iter("div") if each.get("id") == "order-status-region"]
    assert region.get("aria-live") == "polite"
    assert text_of(fragment) == text_of(region)
    assert fragment.get("id") == "order-status"


@each_state
def test_it_is_asked_for_again_only_while_something_can_change(sqlite_shop: Shop, state: State):
    visitor = sqlite_shop.visitor()
    token = state.reach(sqlite_shop, visitor)

    fragment = checked_fragment(visitor.get(f"/orders/{token}/status").text)
    page = visitor.get(f"/orders/{token}").text

    polls = {name: value for name, value in fragment.attrib.items() if name.startswith("hx-")}
    wanted = {
        "hx-get": f"/orders/{token}/status",
        "hx-trigger": "every 2s",
        "hx-swap": "outerMorph",
    }
    assert polls == (wanted if state.is_waiting else {})
    assert ('http-equiv="refresh"' in page) == state.is_waiting
    assert ("htmx.min.js" in page) == state.is_waiting


@each_state
def test_it_can_be_paid_and_cancelled_only_while_it_waits(sqlite_shop: Shop, state: State):
    visitor = sqlite_shop.visitor()
    token = state.reach(sqlite_shop, visitor)

    page = checked_page(visitor.get(f"/orders/{token}").text)

    ways = {"payment-intent", "checkout-session", "cancel"}
    actions = {form.get("action", "").rpartition("/")[2] for form in page.iter("form")}
    assert actions == (ways if state.can_pay else set())


@each_state
def test_the_card_form_opens_only_for_what_can_be_paid_there(sqlite_shop: Shop, state: State):
    visitor = sqlite_shop.visitor()
    token = state.reach(sqlite_shop, visitor)

    answer = visitor.get(f"/orders/{token}/pay")

    if state.can_be_mounted:
        assert "Pay $29.99" in text_of(checked_page(answer.text))
    else:
        assert (answer.status_code, answer.location) == (303, f"/orders/{token}")


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
def test_the_server_lets_older_orders_ask_less_often(sqlite_shop: Shop, age: int, every: int):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.now += age

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
