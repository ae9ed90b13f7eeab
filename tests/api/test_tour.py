"""docs/api.md is true: every line of it is run, and a client that knows nothing else can buy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from storefront.scopes import Scope
from storefront.views.api.errors import CODES
from tests.api.stranger import Refused, Store, confirm, pay_on_page
from tests.api.tour import outputs, seen, steps_of
from tests.architecture.imports import ROOT
from tests.processes import LiveShop, run_flask

DOCUMENT = (ROOT / "docs" / "api.md").read_text()
DEMO, DEMO_STRIPE = "http://127.0.0.1:8000", "http://127.0.0.1:4242"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """The demo, as `make demo` runs it."""
    with LiveShop(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def key(live: LiveShop) -> str:
    """A key that may do everything."""
    scopes = [word for scope in Scope for word in ("--scope", str(scope))]
    command = ("api-keys", "create", "--user", "stranger", "--name", "test", *scopes)
    found = re.search(r"fsk_\S+", run_flask(*command, environment=live.environment))
    assert found
    return found[0]


def test_every_line_of_the_tour_does_what_the_document_shows(live: LiveShop):
    steps = steps_of(at(live, DOCUMENT))

    found = outputs(steps, environment=live.environment)

    shown = [step.shown for step in steps]
    assert len(steps) > 15
    assert [seen(each) for each, expected in zip(found, shown, strict=True) if expected] == [
        seen(expected) for expected in shown if expected
    ]


def at(live: LiveShop, document: str) -> str:
    """Return the document as a reader of this demo would see it, whose ports are others."""
    ours, theirs = live.sandbox_url, DEMO_STRIPE
    for host in ("127.0.0.1", "localhost"):
        document = document.replace(
            theirs.replace("127.0.0.1", host), ours.replace("127.0.0.1", host)
        )
    return document.replace(DEMO, live.url)


def test_every_code_is_in_the_document_with_its_status_and_sentence():
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| (.+) \|$", DOCUMENT, re.MULTILINE)

    assert rows == [
        (str(code), str(meaning.status), meaning.sentence) for code, meaning in CODES.items()
    ]


def test_every_scope_is_in_the_document_and_no_other():
    assert re.findall(r"^\| `([a-z]+:[a-z]+)` \|", DOCUMENT, re.MULTILINE) == list(Scope)


def by_payment_intent(store: Store, live: LiveShop) -> str:
    started = store.start_payment()
    publishable = live.environment["STRIPE_PUBLISHABLE_KEY"]
    assert confirm(live.sandbox_url, publishable, started["payment_intent"]) == "succeeded"
    return str(started["order_id"])


def by_checkout_session(store: Store, _: LiveShop) -> str:
    started = store.start_checkout()
    assert pay_on_page(started["checkout_url"]) == 303
    return str(started["order_id"])


@pytest.mark.parametrize("pay", [by_payment_intent, by_checkout_session])
def test_a_stranger_buys_with_nothing_but_the_document(
    live: LiveShop, key: str, pay: Callable[[Store, LiveShop], str]
):
    store = Store(live.url, key)
    store.put(store.first_product(), 2)

    order = store.wait_until_paid(pay(store, live))

    assert [payment["status"] for payment in order["payments"]] == ["succeeded"]
    assert order["payments"][0]["amount_received"] == order["total_amount"]
    with pytest.raises(Refused, match="empty") as refusal:
        store.start_payment()
    assert (refusal.value.status, refusal.value.code) == (422, "CART_EMPTY")


def test_a_shop_that_was_killed_repeats_its_answer(live: LiveShop, key: str):
    """CR-04: kill -9 after the answer was kept; it comes back byte for byte."""
    store = Store(live.url, key)
    store.put(store.first_product(), 1)
    first = start_payment(live, key)

    live.shop.kill()
    live.shop.start(live.environment)
    again = start_payment(live, key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


def start_payment(live: LiveShop, key: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "before the crash"}
    body: dict[str, Any] = {"source_type": "cart", "payment_method": "stripe"}
    return requests.post(f"{live.url}/v1/payments", json=body, headers=headers, timeout=30)
