"""Webhooks: signed, retried, in order; and the control API that makes them misbehave."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from typing import Any

import pytest
import stripe

from stripe_sandbox.app import create_sandbox, sandbox_of, stop
from stripe_sandbox.deliveries import send_over_http
from stripe_sandbox.resources.webhook_endpoints import register, secret_of
from tests.sandbox.conftest import BASE, HOOK, World, listen
from tests.wsgi_transport import session_for


def test_nothing_is_sent_inside_the_request(world: World) -> None:
    listen(world)
    world.paid()

    assert world.sent == []
    assert len(world.sandbox.deliveries.pending()) == 3


def test_events_are_delivered_in_order_and_signed(world: World) -> None:
    secret = listen(world).secret
    world.paid()

    world.sandbox.deliveries.drain()

    kinds = [event["type"] for event in world.sent_events()]
    assert kinds == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    url, headers, body = world.sent[0]
    assert url == HOOK
    assert stripe.WebhookSignature.verify_header(
        body.decode(), headers["Stripe-Signature"], secret, None
    )


def test_an_event_names_the_request_that_caused_it(world: World) -> None:
    answer = world.call(
        "POST", "/v1/payment_intents", "amount=1000&currency=usd", Idempotency_Key="mine"
    )

    event = world.stripe.events.list().data[0]
    assert event.request.id == answer.headers["Request-Id"]
    assert event.request.idempotency_key == "mine"


@pytest.mark.parametrize("status", [500, 302, 400, 199])
def test_what_is_not_2xx_is_tried_again_freshly_signed(world: World, status: int) -> None:
    listen(world, "payment_intent.created")
    world.intent()
    world.answers = [status, status]

    waits = []
    for _ in range(3):
        world.sandbox.deliveries.drain()
        waits.append(len(world.sent))
        world.now += 2

    signatures = {headers["Stripe-Signature"] for _, headers, _ in world.sent}
    assert waits == [1, 2, 3]
    assert len(signatures) == 3
    assert len({body for _, _, body in world.sent}) == 1
    assert world.sandbox.deliveries.pending() == []


def test_retries_wait_longer_each_time_and_end_after_three_days(world: World) -> None:
    listen(world, "payment_intent.created")
    world.intent()
    world.answers = [500] * 1000
    tried = []
    while pending := world.sandbox.deliveries.pending():
        world.now = pending[0]["due_at"]
        world.sandbox.deliveries.step()
        tried.append(world.now)

    gaps = [round(after - before) for before, after in pairwise(tried)]
    assert gaps[:5] == [1, 2, 4, 8, 16]
    assert max(gaps) == 8 * 3600
    assert 3 * 24 * 3600 < tried[-1] - tried[0] < 4 * 24 * 3600
    assert world.sandbox.deliveries.all()[0]["state"] == "failed"


def test_a_send_that_raises_is_a_failed_attempt(world: World) -> None:
    listen(world)
    world.intent()
    world.sandbox.deliveries._send = lambda *_: 1 / 0

    made = world.sandbox.deliveries.step()

    assert made is not None
    assert made["state"] == "pending"
    assert made["attempts"][0]["error"] == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("patterns", "count"),
    [(["*"], 3), (["payment_intent.created"], 1), (["payment_intent.created", "*"], 3)],
)
def test_an_endpoint_hears_what_it_asked_for(world: World, patterns: list[str], count: int) -> None:
    listen(world, *patterns)
    world.paid()

    assert len(world.sandbox.deliveries.drain()) == count


def test_delivery_success_tells_what_was_missed(world: World) -> None:
    listen(world, "payment_intent.created")
    missed, taken = world.intent().id, None
    world.answers = [500]
    world.sandbox.deliveries.drain()
    taken = world.intent().id
    world.sandbox.deliveries.drain()

    def ids(*, delivery_success: bool) -> list[str]:
        listed = world.stripe.events.list({"delivery_success": delivery_success})
        return [event.data.object.id for event in listed]

    assert ids(delivery_success=False) == [missed]
    assert ids(delivery_success=True) == [taken]


def test_events_are_filtered_by_type(world: World) -> None:
    world.paid()
    listing = world.stripe.events.list

    assert len(listing({"type": "payment_intent.*"}).data) == 2
    assert len(listing({"types": ["charge.succeeded", "payment_intent.created"]}).data) == 2
    assert listing({"type": "charge.succeeded"}).data[0].data.object.object == "charge"


def test_an_event_keeps_what_was_true_when_it_happened(world: World) -> None:
    intent = world.intent()
    world.stripe.payment_intents.cancel(intent.id)

    created = world.stripe.events.list({"type": "payment_intent.created"}).data[0]
    assert world.stripe.events.retrieve(created.id).data.object.status == (
        "requires_payment_method"
    )


def test_an_endpoint_given_at_the_start_keeps_its_secret(world: World) -> None:
    assert secret_of(world.sandbox, HOOK) == secret_of(world.sandbox, HOOK)
    assert len(world.stripe.webhook_endpoints.list().data) == 1


def test_a_reset_during_an_attempt_forgets_it(world: World) -> None:
    listen(world)
    world.intent()
    world.sandbox.deliveries._send = lambda *_: world.sandbox.reset() or 200

    world.sandbox.deliveries.step()

    assert world.sandbox.deliveries.all() == []


def test_the_secret_is_shown_once(world: World) -> None:
    endpoint = listen(world)

    again = world.stripe.webhook_endpoints.retrieve(endpoint.id)
    assert endpoint.secret.startswith("whsec_")
    assert again.secret is None
    assert world.stripe.webhook_endpoints.list().data[0].secret is None


@pytest.mark.parametrize("how", ["delete", "disable"])
def test_an_endpoint_that_is_gone_hears_nothing_more(world: World, how: str) -> None:
    endpoint = listen(world)
    world.intent()
    if how == "delete":
        assert world.stripe.webhook_endpoints.delete(endpoint.id).deleted
    else:
        world.stripe.webhook_endpoints.update(endpoint.id, {"disabled": True})

    world.sandbox.deliveries.drain()
    world.intent()

    assert world.sent == []
    assert world.sandbox.deliveries.pending() == []


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

    ends = time.monotonic() + 5
    while sandbox.deliveries.pending() and time.monotonic() < ends:
        time.sleep(0.02)
    stop(app)
    hook.shutdown()

    attempts = sandbox.deliveries.all()[0]["attempts"]
    assert [attempt["status"] for attempt in attempts] == [503, 200]
    assert _Hook.seen[0]["type"] == "payment_intent.created"
