"""WS-18: a client_secret lets its holder act on a payment, so no event is kept with one."""

from __future__ import annotations

import json
import timeit
from typing import Any

import pytest

from storefront.evidence import without_client_secrets
from storefront.models import StripeEvent
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, retold, the

SECRET = "pi_3Mt_secret_Abc123Def456"
HIDING_PLACES: dict[str, dict[str, Any]] = {
    "a field": {"client_secret": SECRET},
    "a field deeper inside": {"last_setup_error": {"setup_intent": {"client_secret": SECRET}}},
    "an address": {
        "next_action": {"url": f"https://hooks.stripe.com/x?a=1&client_secret={SECRET}"}
    },
    "an address inside an address": {"url": f"https://x.test/?to=y%3Fclient_secret%3D{SECRET}%26b"},
    "a source's address": {"url": "https://x.test/?client_secret=src_Abc123Def456&b=1"},
    "a sentence": {"description": f"Use {SECRET} to confirm."},
    "a text of JSON": {"metadata": {"kept": json.dumps({"client_secret": SECRET})}},
}


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_no_event_is_kept_with_a_secret(sqlite_shop: Shop, place: str) -> None:
    sqlite_shop.visitor().buy()
    event = retold(the(sqlite_shop, "payment_intent.created"), **HIDING_PLACES[place])

    outcome_of(sqlite_shop, event)

    payload = sqlite_shop.one(StripeEvent).payload
    assert "Abc123Def456" not in payload
    assert json.loads(payload)["id"] == event["id"]


def test_all_else_is_kept_as_it_came() -> None:
    body = json.dumps({"id": "evt_1", "secretary": "x", "note": "é ?a=client&b=2", "n": [1, None]})

    assert without_client_secrets(body.encode()) == body


def test_a_body_made_to_be_slow_is_not() -> None:
    hostile = b'"client_secret"' + b" " * 200_000 + b"_secret_" * 30_000 + b"client_secret=" * 9_000

    assert timeit.timeit(lambda: without_client_secrets(hostile), number=1) < 1
