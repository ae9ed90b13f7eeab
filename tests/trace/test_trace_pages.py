"""The trace on the order's page: live, cheap while nothing happens, valid, and without secrets."""

from __future__ import annotations

import re

import pytest

from storefront.views.trace import breakable
from tests.checkout.test_two_tabs import FLOWS
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.pages.states import STATES
from tests.security.test_secrets import EMAIL, SECRET, purchases
from tests.shop import DECLINED, Shop, Visitor
from tests.statements import statements

SVG = "{http://www.w3.org/2000/svg}svg"
SEEN = re.compile(r'hx-get="([^"]+/trace\?seen=[^"]+)"')


def next_trace(page: str) -> str:
    """Return the address that the trace on a page asks next."""
    found = SEEN.search(page)
    assert found
    return found[1]


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_a_story_in_valid_html(sqlite_shop: Shop, name: str):
    visitor = sqlite_shop.visitor()
    token = STATES[name].reach(sqlite_shop, visitor)

    page = checked_page(visitor.get(f"/orders/{token}").text)
    fragment = checked_fragment(visitor.get(f"/orders/{token}/trace").text)

    assert "What happened" in text_of(page)
    assert "Step 1: The shopper clicks checkout" in text_of(fragment)
    assert len(list(fragment.iter(SVG))) == len(list(fragment.iter("li")))


def test_a_trace_that_was_seen_costs_one_read_and_is_not_sent_again(shop: Shop):
    visitor = shop.visitor()
    token = visitor.buy()
    address = next_trace(visitor.get(f"/orders/{token}").text)

    with statements(shop) as sent:
        answer = visitor.get(address)

    assert (answer.status_code, answer.data) == (204, b"")
    assert [one.split()[0] for one in sent] == ["SELECT"]


@pytest.mark.parametrize("news", ["payment_intent.succeeded", "again", "call"])
def test_any_news_is_told(shop: Shop, news: str):
    visitor = shop.visitor()
    token = visitor.buy()
    shop.pay(token)
    if news == "again":
        shop.deliver()
        shop.sign_and_post(shop.events("payment_intent.succeeded")[0])
    seen = next_trace(visitor.get(f"/orders/{token}").text) if news != "again" else (
        f"/orders/{token}/trace?seen={shop.order(token).version}-1"
    )  # fmt: skip
    if news == "call":
        visitor.get(f"/orders/{token}/pay")
    else:
        shop.sign_and_post(shop.events("payment_intent.succeeded")[0])

    assert visitor.get(seen).status_code == 200


def test_a_status_that_changed_tells_the_trace(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    assert visitor.get(f"/orders/{token}/status").headers["HX-Trigger"] == "order-news"
    assert 'hx-trigger="order-news from:body"' in visitor.get(f"/orders/{token}/trace").text


def test_a_whole_story_asks_no_more(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)
    visitor.get(f"/return?order={token}")
    assert 'hx-trigger="every 2s"' in visitor.get(f"/orders/{token}/trace").text

    sqlite_shop.deliver()

    assert "hx-trigger" not in visitor.get(f"/orders/{token}/trace").text


def test_an_event_that_never_comes_isnt_waited_for_for_ever(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)
    visitor.get(f"/return?order={token}")

    address = next_trace(visitor.get(f"/orders/{token}/trace").text)
    sqlite_shop.now += 599
    assert visitor.get(address).status_code == 204

    sqlite_shop.now += 2

    assert "hx-trigger" not in visitor.get(address).text


@pytest.mark.parametrize("flow", FLOWS)
def test_each_step_opens_to_what_went_over_the_wire(sqlite_shop: Shop, flow: str):
    visitor = sqlite_shop.visitor()
    token = visitor.buy(flow)
    sqlite_shop.pay(token)
    sqlite_shop.deliver()

    told = visitor.get(f"/orders/{token}/trace").text

    assert "POST /v1/webhooks/stripe" in told
    assert "Idempotency-Key: pay_" in told
    assert "Request-Id: req_" in told
    assert "&#34;outcome&#34;: &#34;applied&#34;" in told


def test_who_reloads_the_card_form_makes_one_step_of_it(sqlite_shop: Shop):
    """However often it is asked, only an answer that tells something new is a step."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    for _ in range(3):
        sqlite_shop.now += 1
        visitor.get(f"/orders/{token}/pay")
    sqlite_shop.now += 1
    sqlite_shop.pay(token, DECLINED)
    visitor.get(f"/orders/{token}/pay")

    fragment = checked_fragment(visitor.get(f"/orders/{token}/trace").text)

    reads = [each for each in fragment.iter("li") if "kind-read" in (each.get("class") or "")]
    assert ["Asked 3 times" in text_of(each) for each in reads] == [True, False]
    assert ["×3" in text_of(each) for each in reads] == [True, False]


def test_a_name_of_stripes_breaks_at_its_joints(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.deliver()

    assert "payment_<wbr>intent.<wbr>created, " in visitor.get(f"/orders/{token}/trace").text
    assert breakable("a_b <b>. 1.5") == "a_<wbr>b &lt;b&gt;. 1.<wbr>5"


def test_no_story_holds_a_secret(sqlite_shop: Shop):
    """A2: both flows, with lost answers, declines and a way back that carries a client_secret."""
    for visitor in purchases(sqlite_shop)[0]:
        [order] = visitor.orders()
        told = visitor.get(f"/orders/{order.token}/trace").text
        assert "***" in told
        assert SECRET.findall(told) == []
        assert not re.search(r"client_secret\W+(pi|cs)_", told)
    assert EMAIL


def test_the_story_of_anothers_order_is_not_there(sqlite_shop: Shop, visitor: Visitor):
    """A1: nor does a guessed version tell that there is one."""
    token = sqlite_shop.visitor().buy()
    stranger = sqlite_shop.visitor()
    stranger.add()

    for query in ("", "?seen=1-1", "?seen=2-1", f"?seen={sqlite_shop.order(token).version}-1"):
        assert stranger.get(f"/orders/{token}/trace{query}").status_code == 404
