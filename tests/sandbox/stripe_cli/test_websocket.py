"""The WebSocket of `stripe listen`, spoken by hand: a CLI that is slow, rude or gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import simple_websocket
from flask import Flask
from simple_websocket import Client, ConnectionClosed

from stripe_sandbox import listeners
from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.resources.payment_intents import make
from stripe_sandbox.sandbox import Sandbox
from tests.sandbox.served import served
from tests.sandbox.stripe_cli.cli import eventually

RESETTING = (1000, "Resetting the connection")


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    with served(create_sandbox(send=lambda *_: 200, retry_factor=0.01)) as app:
        yield app


@pytest.fixture
def sandbox(app: Flask) -> Sandbox:
    sandbox_of(app).reset()
    return sandbox_of(app)


def session(sandbox: Sandbox, feature: str = "webhooks") -> Any:
    return requests.post(
        sandbox.public_url.replace("localhost", "127.0.0.1") + "/v1/stripecli/sessions",
        {"websocket_features[]": feature, "device_name": "test"},
        auth=("sk_test_x", ""),
        timeout=30,
    ).json()


@contextmanager
def connected(sandbox: Sandbox, known: Any = None) -> Iterator[Client]:
    """Connect as a CLI does; the sandbox counts it among its listeners by then."""
    known = known or session(sandbox)
    client = Client.connect(
        f"{known['websocket_url']}?websocket_feature=webhooks",
        subprotocols=["stripecli-devproxy-v1"],
        headers={"Websocket-Id": known["websocket_id"]},
    )
    eventually(lambda: sandbox.listeners.find(known["websocket_id"]) is not None)
    yield client
    if client.connected:
        client.close()
    eventually(lambda: sandbox.listeners.find(known["websocket_id"]) is None)


def happen(sandbox: Sandbox) -> Any:
    """Have an event happen; return its delivery."""
    with sandbox.lock:
        make(sandbox, {"amount": 1000, "currency": "usd"})
    return sandbox.deliveries.all()[-1]


def test_a_message_holds_what_the_cli_reads(sandbox: Sandbox, quickly: None) -> None:
    with connected(sandbox) as client:
        happen(sandbox)
        sandbox.deliveries.drain()
        message = json.loads(client.receive(5))

    assert client.subprotocol == "stripecli-devproxy-v1"
    assert message["type"] == "webhook_event"
    assert message["endpoint"] == {"api_version": None}
    assert message["http_headers"]["Stripe-Signature"].startswith("t=")
    assert json.loads(message["event_payload"])["type"] == "payment_intent.created"


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose patience at once with a CLI that doesn't say that it took an event."""
    monkeypatch.setattr(listeners, "_PATIENCE", 0.05)


def test_what_a_cli_does_not_take_is_sent_again_later(sandbox: Sandbox, quickly: None) -> None:
    with connected(sandbox):
        happen(sandbox)
        [row] = sandbox.deliveries.drain()

    assert (row["state"], row["attempts"][0]["error"]) == ("pending", "TimeoutError")


def test_no_event_is_lost_while_a_cli_resets_its_connection(
    sandbox: Sandbox, quickly: None
) -> None:
    known = session(sandbox)
    with connected(sandbox, known) as client:
        client.close(*RESETTING)
        eventually(lambda: not client.connected)
        happen(sandbox)
        with connected(sandbox, known) as again:
            eventually(lambda: bool(sandbox.deliveries.drain() and again.input_buffer))
            message = json.loads(again.receive(5))

    assert json.loads(message["event_payload"])["type"] == "payment_intent.created"


def test_a_cli_that_left_is_unknown_so_that_it_asks_for_another_session(sandbox: Sandbox) -> None:
    known = session(sandbox)
    with connected(sandbox, known):
        pass

    with pytest.raises(simple_websocket.ConnectionError, match="400"), connected(sandbox, known):
        pass


def test_what_waits_for_a_cli_that_left_is_canceled(sandbox: Sandbox) -> None:
    with connected(sandbox):
        happen(sandbox)

    assert [row["state"] for row in sandbox.deliveries.drain()] == ["canceled"]


@pytest.mark.parametrize("said", ["not JSON", "[]", '{"type": "webhook_response"}', "{}"])
def test_nonsense_ends_the_connection_and_nothing_else(sandbox: Sandbox, said: str) -> None:
    with connected(sandbox) as client:
        client.send(said)
        with pytest.raises(ConnectionClosed):
            client.receive(5)

    assert requests.get(f"{sandbox.public_url}/_sandbox/health", timeout=30).status_code == 200


def test_words_that_mean_nothing_here_are_passed_over(sandbox: Sandbox) -> None:
    with connected(sandbox) as client:
        for said in ("event_ack", "news_of_next_year"):
            client.send(json.dumps({"type": said, "webhook_conversation_id": "wc_unknown"}))

        assert client.receive(0.1) is None
        assert len(sandbox.listeners.all()) == 1


def test_a_feature_that_the_sandbox_lacks_is_a_501(sandbox: Sandbox) -> None:
    error = session(sandbox, "request_logs")["error"]

    assert error["type"] == "api_error"
    assert "not request_logs" in error["message"]
