"""Bodies that no event has: answered 4xx before they have any effect."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storefront.evidence import MOVING_EVENTS
from tests.lifecycle.standing import inbox, standing
from tests.shop import WEBHOOK, Shop
from tests.webhooks.telling import outcome_of, paid, retold, the

VALID = b'{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {}}}'
LIMIT = 512 * 1024
STRANGE_BODIES = {
    "empty": b"",
    "a list": b"[]",
    "a word": b'"evt_1"',
    "null": b"null",
    "no id": b'{"type": "payment_intent.succeeded"}',
    "no type": b'{"id": "evt_1"}',
    "an id of another kind": VALID.replace(b"evt_1", b"pi_1"),
    "an id that is a number": VALID.replace(b'"evt_1"', b"1"),
    "an id beyond ASCII": VALID.replace(b"evt_1", "evt_é".encode()),
    "a lone surrogate for an id": VALID.replace(b"evt_1", rb"evt_\ud800"),
    "NUL in the id": VALID.replace(b"evt_1", rb"evt_\u0000"),
    "a bare NUL": VALID.replace(b"evt_1", b"evt_\0"),
    "a byte order mark": b"\xef\xbb\xbf" + VALID,
    "UTF-16": VALID.decode().encode("utf-16"),
    "Latin-1": VALID.replace(b"evt_1", b"evt_\xe9"),
    "an encoded surrogate": VALID.replace(b"evt_1", b"evt_\xed\xa0\x80"),
    "cut short": VALID[:-1],
    "something after it": VALID + b"x",
    "too deep": b"[" * 100_000 + b"]" * 100_000,
    "a number too long": b'{"id": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("name", STRANGE_BODIES)
def test_a_strange_body_is_refused_even_when_it_is_signed(sqlite_shop: Shop, name: str) -> None:
    """WH-24."""
    body = STRANGE_BODIES[name]

    assert sqlite_shop.sign_and_post(body).status_code == 400
    assert inbox(sqlite_shop) == {}


TEXTS = {"a lone surrogate": "\ud800", "NUL": "a\0b", "a long text": "x" * 5000, "an emoji": "🌊"}


@pytest.mark.parametrize("name", TEXTS)
def test_a_strange_text_inside_an_event_does_no_harm(shop: Shop, name: str) -> None:
    """WH-24: a failure message can hold what PostgreSQL can't store."""
    token = shop.visitor().buy()
    shop.pay(token, "4000000000000002")
    error = {"code": "card_declined", "decline_code": None, "message": TEXTS[name]}
    event = retold(the(shop, "payment_intent.payment_failed"), last_payment_error=error)

    assert outcome_of(shop, event) == "applied"
    assert shop.payments(token)[0].failure_code == "card_declined"


def test_a_body_of_the_largest_size_is_read_and_a_larger_one_refused(sqlite_shop: Shop) -> None:
    """WH-25."""
    paid(sqlite_shop)
    event = json.dumps(the(sqlite_shop, "payment_intent.succeeded")).encode()
    before = standing(sqlite_shop)

    assert sqlite_shop.sign_and_post(event.ljust(LIMIT + 1)).status_code == 413
    assert standing(sqlite_shop) == before
    assert sqlite_shop.sign_and_post(event.ljust(LIMIT)).status_code == 200


def test_a_large_body_that_does_not_tell_its_length_is_refused(sqlite_shop: Shop) -> None:
    """WH-25: as gunicorn hands on a chunked body; no more of it is read than could be one."""
    endless = io.BytesIO(b" " * LIMIT * 20)
    response = sqlite_shop.app.test_client().post(
        WEBHOOK,
        input_stream=endless,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert response.status_code == 413
    assert 0 < endless.tell() < 2 * LIMIT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["id", "object", "amount", "amount_received", "amount_total", "currency", "status", "metadata",
     "livemode", "payment_status", "payment_intent", "last_payment_error"]
)  # fmt: skip
ENVELOPE = st.sampled_from(["created", "livemode", "account", "api_version", "data"])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    type_=st.sampled_from(sorted(MOVING_EVENTS)),
    inside=st.dictionaries(FIELDS, JSON, max_size=4),
    outside=st.dictionaries(ENVELOPE, JSON, max_size=2),
)
def test_whatever_is_signed_is_answered_and_never_with_a_failure(
    sqlite_shop: Shop, type_: str, inside: dict[str, Any], outside: dict[str, Any]
) -> None:
    """WH-24: a 5xx would make Stripe deliver the same impossible body for three days."""
    if not sqlite_shop.events():
        paid(sqlite_shop)
    event = retold(the(sqlite_shop, "payment_intent.succeeded"), as_=type_)
    event["data"]["object"] |= inside

    assert sqlite_shop.sign_and_post({**event, **outside}).status_code == 200
