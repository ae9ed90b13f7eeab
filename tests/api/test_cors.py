"""AP-21: pages of other sites may call the API only when their origin is listed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from tests.api.conftest import api_settings
from tests.api.door import Door
from tests.shop import Shop

LISTED = "https://app.example"
LISTED_IPV6 = "http://[::1]:8080"


@pytest.fixture
def listing(sqlite_url: str) -> Iterator[Door]:
    with Door(Shop(sqlite_url, **api_settings(cors_origins=(LISTED, LISTED_IPV6)))) as door:
        yield door


def preflight(door: Door, origin: str, path: str = "/v1/probe") -> TestResponse:
    headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization,idempotency-key"),
    ]
    return door.knock_with(headers, path, method="OPTIONS")


def permissions(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("Access-Control")}


def test_a_listed_origin_may_ask_and_read_the_answer_without_cookies(listing: Door):
    asked = preflight(listing, LISTED)
    answer = listing.knock(listing.key(), headers=[("Origin", LISTED)])

    assert asked.status_code == 200
    assert permissions(asked) == {
        "Access-Control-Allow-Origin": LISTED,
        "Access-Control-Allow-Headers": "authorization, idempotency-key",
        "Access-Control-Allow-Methods": "DELETE, GET, POST, PUT",
        "Access-Control-Expose-Headers": (
            "Idempotent-Replayed, Retry-After, WWW-Authenticate, X-Request-ID"
        ),
        "Access-Control-Max-Age": "600",
    }
    assert answer.status_code == 200
    assert permissions(answer)["Access-Control-Allow-Origin"] == LISTED
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_in_brackets_is_an_origin_like_another(listing: Door):
    answer = listing.knock(listing.key(), headers=[("Origin", LISTED_IPV6)])

    assert permissions(answer)["Access-Control-Allow-Origin"] == LISTED_IPV6


def test_a_refusal_can_be_read_too(listing: Door):
    answer = listing.knock(headers=[("Origin", LISTED)])

    assert answer.status_code == 401
    assert permissions(answer)["Access-Control-Allow-Origin"] == LISTED


STRANGERS = ["https://evil.example", "http://app.example", "https://app.example:8443", "null",
             "http://:8080", "http://::1:8080", "http://1:8080",
             "https://appXexample", "https://app.example.evil.example", "https://sub.app.example",
             "https://evil.example/https://app.example", ""]  # fmt: skip


@pytest.mark.parametrize("origin", STRANGERS)
def test_any_other_origin_gets_no_permission(listing: Door, origin: str):
    assert permissions(preflight(listing, origin)) == {}
    assert permissions(listing.knock(listing.key(), headers=[("Origin", origin)])) == {}


@pytest.mark.parametrize(
    "path",
    ["/", "/cart", "/healthz", "/static/shop.css", "/v1/webhooks/stripe", "/v1/payments/webhook"],
)
def test_the_pages_and_the_webhooks_are_open_to_nobody(listing: Door, path: str):
    assert permissions(listing.knock_with([("Origin", LISTED)], path)) == {}


def test_without_a_list_no_header_is_ever_sent(door: Door):
    for answer in (preflight(door, LISTED), door.knock(door.key(), headers=[("Origin", LISTED)])):
        assert answer.status_code == 200
        assert permissions(answer) == {}
