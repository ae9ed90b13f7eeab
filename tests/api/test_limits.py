"""AP-18 and AP-19: how often somebody may call, and how often they may begin to pay."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from limits import parse_many
from werkzeug.test import TestResponse

from storefront.attempts import MOST_ATTEMPTS
from storefront.models import Attention
from storefront.views.limits import Counter, TooManyCalls
from tests.api.conftest import api_settings
from tests.api.door import Door
from tests.shop import Shop

FIVE = tuple(parse_many("5 per hour"))


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    """A door behind one proxy, where everybody may do everything five times an hour."""
    limits = dict.fromkeys(("caller_limits", "payment_limits"), FIVE)
    with Door(Shop(sqlite_url, trusted_proxies=1, **api_settings(**limits))) as open_:
        yield open_


@pytest.fixture
def narrow(sqlite_url: str) -> Iterator[Door]:
    """The same, counted by address."""
    limits = dict.fromkeys(("address_limits", "payment_address_limits"), FIVE)
    with Door(Shop(sqlite_url, trusted_proxies=1, **api_settings(**limits))) as open_:
        yield open_


def refused(answer: TestResponse) -> bool:
    """Say whether an answer refuses for too many calls; it says for how long, then."""
    if answer.status_code != 429:
        return False
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    return True


def from_address(address: str) -> list[tuple[str, str]]:
    """Return what the proxy in front says of whoever it speaks for."""
    return [("X-Forwarded-For", address)]


@pytest.mark.parametrize("kind", ["caller_limits", "address_limits"])
def test_a_hundred_calls_in_a_second_are_too_many_by_default(sqlite_shop: Shop, kind: str):
    """AP-18."""
    counter = Counter("memory://")
    limits = getattr(sqlite_shop.settings.api, kind)
    time.sleep(1.02 - time.time() % 1)  # to the beginning of a second

    with sqlite_shop.app.test_request_context(), pytest.raises(TooManyCalls) as refusal:
        [counter.count(limits, kind, "somebody") for _ in range(100)]
    assert refusal.value.retry_after == 1


@pytest.mark.parametrize(("workers", "allowed"), [(1, 5), (2, 2), (9, 1)])
def test_workers_that_count_in_memory_share_a_limit(sqlite_shop: Shop, workers: int, allowed: int):
    """AP-18: together they allow no more than it says, and each of them something."""
    counter = Counter("memory://", workers=workers)

    with sqlite_shop.app.test_request_context():
        for _ in range(allowed):
            counter.count(FIVE, "caller", "somebody")
        with pytest.raises(TooManyCalls):
            counter.count(FIVE, "caller", "somebody")


def test_who_waits_as_long_as_told_is_let_in(sqlite_shop: Shop):
    """AP-18: a second that has begun is told whole."""
    counter, once = Counter("memory://"), tuple(parse_many("1 per 9 second"))

    with sqlite_shop.app.test_request_context():
        counter.count(once, "caller", "somebody")
        time.sleep(0.6)
        with pytest.raises(TooManyCalls) as refusal:
            counter.count(once, "caller", "somebody")
        [until, _] = counter._windows.get_window_stats(once[0], "caller", "somebody")
        assert until - time.time() <= refusal.value.retry_after


def test_who_asks_too_often_is_told_for_how_long_to_wait(door: Door):
    """AP-18."""
    key = door.key()
    answers = [door.knock(key) for _ in range(7)]

    assert [refused(answer) for answer in answers] == [False] * 5 + [True] * 2
    assert answers[5].json
    assert answers[5].json["error"]["code"] == "RATE_LIMITED"
    assert answers[5].headers["Retry-After"] in answers[5].json["error"]["message"]
    assert answers[5].json["request_id"] == answers[5].headers["X-Request-ID"]


def test_each_key_is_counted_by_itself_and_a_token_by_its_user(door: Door):
    busy, other = door.key(), door.key()

    assert [refused(door.knock(busy)) for _ in range(6)][-1]
    assert not refused(door.knock(other))
    assert refused(door.knock(busy, headers=from_address("203.0.113.9")))


def test_an_address_is_counted_whoever_calls_and_even_if_it_is_nobody(narrow: Door):
    """AP-18: guessing keys is calling too."""
    given = ["fsk_x", None, "a.b.c", narrow.key(), narrow.key("bob"), narrow.key("carol")]

    codes = [narrow.knock(each).status_code for each in given]

    assert codes == [401, 401, 401, 200, 200, 429]


def test_only_the_trusted_proxys_word_on_an_address_counts(narrow: Door):
    """AP-18: what the caller wrote stands left of what the proxy appended."""
    key = narrow.key()

    invented = [f"198.51.100.{number}, 203.0.113.7" for number in range(6)]
    answers = [narrow.knock(key, headers=from_address(each)) for each in invented]

    assert [refused(answer) for answer in answers] == [False] * 5 + [True]
    assert not refused(narrow.knock(key, headers=from_address("203.0.113.8")))


def test_without_a_trusted_proxy_the_header_is_not_read(sqlite_url: str):
    """AP-18."""
    with Door(Shop(sqlite_url, **api_settings(address_limits=FIVE))) as door:
        key = door.key()
        headers = [from_address(f"203.0.113.{number}") for number in range(6)]
        headers = [[*each, ("X-Real-IP", each[0][1]), ("Forwarded", "for=1")] for each in headers]

        assert [refused(door.knock(key, headers=each)) for each in headers][-1]


def test_a_network_of_ipv6_is_one_address(narrow: Door):
    key = narrow.key()
    mine = [f"2001:db8:1:2::{number:x}" for number in range(6)]

    assert [refused(narrow.knock(key, headers=from_address(each))) for each in mine][-1]
    assert not refused(narrow.knock(key, headers=from_address("2001:db8:1:3::1")))


def test_payments_have_a_tighter_limit_of_their_own(sqlite_url: str):
    with Door(Shop(sqlite_url, **api_settings(payment_limits=FIVE))) as door:
        key = door.key()
        begun = [door.knock(key, "/v1/probe/payments", method="POST") for _ in range(6)]

        assert [refused(answer) for answer in begun] == [False] * 5 + [True]
        assert not refused(door.knock(key))


def test_a_visitor_who_begins_payment_after_payment_is_stopped(
    door: Door, caplog: pytest.LogCaptureFixture
):
    """AP-19: on the pages too, with a page that says what to do; Stripe isn't asked."""
    visitor = door.shop.visitor()
    visitor.add()
    for _ in range(5):
        assert visitor.checkout().status_code == 303
    asked = len(door.shop.sandbox.requests)

    answer = visitor.checkout()

    assert refused(answer)
    assert "Nothing was charged" in answer.text
    assert len(door.shop.sandbox.requests) == asked
    assert "limit=5 per 1 hour kind=payments endpoint=checkout.place" in caplog.text
    assert visitor.get("/cart").status_code == 200
    other = door.shop.visitor()
    other.add()
    assert other.checkout().status_code == 303


def test_new_visitors_from_one_address_are_stopped_too(narrow: Door):
    """AP-19: throwing the cookie away doesn't help."""
    codes = []
    for _ in range(6):
        visitor = narrow.shop.visitor()
        visitor.add("cedar-pencils")
        codes.append(visitor.checkout().status_code)

    assert codes == [303] * 5 + [429]


def test_another_sites_form_cannot_use_up_a_visitors_tries(door: Door):
    visitor = door.shop.visitor()
    visitor.add()
    for _ in range(9):
        evil = {"Origin": "https://evil.example"}
        assert visitor.client.post("/checkout", headers=evil).status_code == 403

    assert visitor.checkout().status_code == 303


def test_an_order_gets_so_many_attempts_and_the_last_one_asks_for_a_human(sqlite_url: str):
    """AP-19."""
    with Door(Shop(sqlite_url, **api_settings())) as door:
        visitor = door.shop.visitor()
        token = visitor.buy()
        flows = ["checkout-session", "payment-intent"] * MOST_ATTEMPTS
        for flow in flows[: MOST_ATTEMPTS - 2]:
            assert visitor.post(f"/orders/{token}/{flow}").status_code == 303
        assert door.shop.all(Attention) == []

        codes = [visitor.post(f"/orders/{token}/{flow}").status_code for flow in flows[:4]]

        assert codes == [303, 429, 429, 429]
        assert len(door.shop.payments(token)) == MOST_ATTEMPTS
        assert door.shop.one(Attention).reason == "many_attempts"


def silent_port() -> Iterator[int]:
    """Yield a port where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


silent = pytest.fixture(silent_port)


def test_nobody_is_refused_while_redis_is_away(
    sqlite_url: str, silent: int, caplog: pytest.LogCaptureFixture
):
    """And nobody waits for it: one call finds out, the next ones don't ask."""
    uri = f"redis://:a-password@127.0.0.1:{silent}/0"
    away = api_settings(ratelimit_storage_uri=uri, caller_limits=FIVE, address_limits=FIVE)
    with Door(Shop(sqlite_url, **away)) as door:
        key = door.key()
        began = time.monotonic()

        codes = [door.knock(key).status_code for _ in range(20)]

    assert codes == [200] * 20
    assert time.monotonic() - began < 8
    assert caplog.text.count("limits=off") == 1
    assert "a-password" not in caplog.text
