"""Webhooks: signed, retried, in order; and the control API that makes them misbehave."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from typing import Any

import pytest
import requests
import stripe

from stripe_sandbox.app import create_sandbox, sandbox_of, stop
from stripe_sandbox.deliveries import send_over_http
from stripe_sandbox.webhook_endpoints import register
from tests.sandbox.conftest import BASE, World
from tests.wsgi_transport import session_for

HOOK = "http://shop.test/v1/webhooks/stripe"


def listen(world: World, *kinds: str) -> Any:
    return world.stripe.webhook_endpoints.create(
        {"url": HOOK, "enabled_events": list(kinds) or ["*"]}
    )


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
    world._take = None  # type: ignore[assignment, method-assign]
    world.sandbox.deliveries._send = lambda *_: 1 / 0  # type: ignore[assignment, return-value]

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


def test_held_deliveries_wait_for_release(world: World) -> None:
    listen(world)
    world.control("deliveries/hold")
    world.intent()
    assert world.sandbox.deliveries.drain() == []

    held = world.session.get(f"{BASE}/_sandbox/deliveries").json()
    world.control("deliveries/release")

    assert (held["held"], held["deliveries"][0]["type"]) == (True, "payment_intent.created")
    assert len(world.sandbox.deliveries.drain()) == 1


def test_an_event_can_be_delivered_twice(world: World) -> None:
    listen(world)
    world.intent()
    world.sandbox.deliveries.drain()
    event_id = world.stripe.events.list().data[0].id

    again = world.control(f"events/{event_id}/deliver")
    world.sandbox.deliveries.drain()

    assert again.status_code == 200
    assert [event["id"] for event in world.sent_events()] == [event_id] * 2
    assert world.control("events/evt_x/deliver").status_code == 404


def test_a_web_page_cannot_drive_the_control_api(world: World) -> None:
    form = world.session.post(f"{BASE}/_sandbox/reset", data={"a": "1"})
    preflight = world.session.options(f"{BASE}/_sandbox/reset", headers={"Origin": "http://evil"})

    assert form.status_code == 415
    assert "Access-Control-Allow-Origin" not in preflight.headers


@pytest.mark.parametrize(
    ("kind", "error", "made"),
    [
        ("timeout_before", stripe.APIConnectionError, 0),
        ("timeout_after", stripe.APIConnectionError, 1),
        ("reset", stripe.APIConnectionError, 1),
        ("500", stripe.APIError, 0),
        ("429", stripe.RateLimitError, 0),
        ("409", stripe.APIError, 0),
    ],
)
def test_a_fault_breaks_the_next_call_only(
    world: World, kind: str, error: type[Exception], made: int
) -> None:
    world.control("faults", path="/v1/payment_intents", kind=kind)

    with pytest.raises(error):
        world.intent()

    assert len(list(world.sandbox.newest_first("payment_intent"))) == made
    assert world.intent().status == "requires_payment_method"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("timeout_before", 200), ("timeout_after", 200), ("429", 200), ("409", 200), ("500", 500)],
)
def test_trying_again_with_the_same_key_makes_one_intent(
    world: World, kind: str, status: int
) -> None:
    world.control("faults", path="/v1/payment_intents", kind=kind)

    body, key = "amount=1000&currency=usd", {"Idempotency_Key": "k"}
    with contextlib.suppress(requests.Timeout):
        world.call("POST", "/v1/payment_intents", body, **key)
    again = world.call("POST", "/v1/payment_intents", body, **key)

    assert again.status_code == status
    assert len(list(world.sandbox.newest_first("payment_intent"))) == (status == 200)


@pytest.mark.parametrize(
    "body",
    [{}, {"path": "/v1/", "kind": "rain"}, {"path": "/v1/", "kind": "500", "times": 0}, []],
)
def test_a_fault_that_is_none_is_a_400(world: World, body: Any) -> None:
    answer = world.session.post(f"{BASE}/_sandbox/faults", json=body)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_reset_forgets_everything(world: World) -> None:
    listen(world)
    world.paid()
    world.control("clock/advance", seconds=60)

    world.control("reset")

    assert world.event_types() == []
    assert world.sandbox.deliveries.all() == []
    assert world.sandbox.time() == world.now


def test_a_snapshot_brings_back_what_was(world: World) -> None:
    intent = world.intent()
    before = world.sandbox.snapshot()
    for _ in range(2):
        world.stripe.payment_intents.cancel(intent.id)
        world.sandbox.restore(before)

    assert world.stripe.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert world.event_types() == ["payment_intent.created"]


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
