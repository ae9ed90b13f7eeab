"""Deliveries from background threads: over real sockets, and each endpoint by itself."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from stripe_sandbox.app import create_sandbox, sandbox_of, stop
from stripe_sandbox.deliveries import lanes, send_over_http
from stripe_sandbox.resources import payment_intents
from stripe_sandbox.resources.webhook_endpoints import register
from stripe_sandbox.sandbox import Sandbox
from tests.sandbox.conftest import BASE
from tests.wsgi_transport import session_for


def test_a_slow_endpoint_holds_up_no_other() -> None:
    quick, slow = threading.Event(), threading.Event()

    def send(url: str, *_: object) -> int:
        (slow.wait(60) if "slow" in url else quick.set())
        return 200

    app = create_sandbox(threaded=True, send=send)
    sandbox = sandbox_of(app)
    for name in ("slow", "quick"):
        register(sandbox, f"http://{name}.test/", ["*"])
    payment_intents.make(sandbox, {"amount": 1000, "currency": "usd"})

    assert quick.wait(30)
    slow.set()
    stop(app)


class _Hook(BaseHTTPRequestHandler):
    seen: list[dict[str, Any]] = []  # noqa: RUF012 - filled anew by each test

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(json.loads(body))
        self.send_response(503 if len(self.seen) == 1 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_background_threads_deliver_over_http_until_2xx() -> None:
    _Hook.seen = []
    hook = HTTPServer(("127.0.0.1", 0), _Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    app = create_sandbox(threaded=True, send=send_over_http, retry_factor=0.05)
    sandbox = sandbox_of(app)
    register(sandbox, f"http://127.0.0.1:{hook.server_port}/hook?x=1", ["*"])
    session_for(app).post(
        f"{BASE}/v1/payment_intents", data="amount=1000&currency=usd", auth=("sk_test_x", "")
    )

    ends = time.monotonic() + 60
    while sandbox.deliveries.pending() and time.monotonic() < ends:
        time.sleep(0.02)
    stop(app)
    hook.shutdown()

    attempts = sandbox.deliveries.all()[0]["attempts"]
    assert [attempt["status"] for attempt in attempts] == [503, 200]
    assert _Hook.seen[0]["type"] == "payment_intent.created"


def made_and_wait(sandbox: Sandbox, sent: list[object], count: int) -> None:
    payment_intents.make(sandbox, {"amount": 1000, "currency": "usd"})
    ends = time.monotonic() + 60
    while len(sent) < count and time.monotonic() < ends:
        time.sleep(0.001)


def test_what_comes_as_a_thread_goes_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "_IDLE", 0.002)
    sent: list[object] = []
    app = create_sandbox(threaded=True, send=lambda *_: (sent.append(1), 200)[1])
    sandbox = sandbox_of(app)
    register(sandbox, "http://a.test/", ["*"])
    for count in range(1, 301):
        made_and_wait(sandbox, sent, count)
        time.sleep(0.0015 + 0.001 * (count % 2))
    stop(app)

    assert len(sent) == 300


def test_a_thread_that_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    sent: list[object] = []

    def send(*_: object) -> int:
        sent.append(1)
        if len(sent) == 1:
            raise SystemExit  # no receiver's fault: the thread itself ends
        return 200

    app = create_sandbox(threaded=True, send=send)
    register(sandbox_of(app), "http://a.test/", ["*"])
    for count in (1, 2):
        made_and_wait(sandbox_of(app), sent, count)
    stop(app)

    assert len(sent) == 2


def test_a_receiver_that_hangs_does_not_hold_up_the_end() -> None:
    begun, ends = threading.Event(), threading.Event()

    def send(*_: object) -> int:
        begun.set()
        ends.wait(60)
        return 200

    app = create_sandbox(threaded=True, send=send)
    register(sandbox_of(app), "http://a.test/", ["*"])
    payment_intents.make(sandbox_of(app), {"amount": 1000, "currency": "usd"})
    assert begun.wait(30)

    at = time.monotonic()
    stop(app)
    ends.set()

    assert time.monotonic() - at < 30
