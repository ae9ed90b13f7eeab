"""The control API: what makes the sandbox misbehave, and who may ask for it."""

import contextlib
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.conftest import BASE, World, listen


def test_held_deliveries_wait_for_release(world: World) -> None:
    listen(world)
    world.control("deliveries/hold")
    world.intent()
    assert world.sandbox.deliveries.drain() == []

    held = world.session.get(f"{BASE}/_sandbox/deliveries").json()
    released = world.control("deliveries/release").json()

    assert released == {"held": False, "waiting": 1}
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
    world.control("rules", path="/v1/payment_intents", kind=kind, times=1)

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
    world.control("rules", path="/v1/payment_intents", kind=kind, times=1)

    body, key = "amount=1000&currency=usd", {"Idempotency_Key": "k"}
    with contextlib.suppress(requests.Timeout):
        world.call("POST", "/v1/payment_intents", body, **key)
    again = world.call("POST", "/v1/payment_intents", body, **key)

    assert again.status_code == status
    assert len(list(world.sandbox.newest_first("payment_intent"))) == (status == 200)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"path": "/v1/", "kind": "rain"},
        {"path": "/v1/", "kind": "500", "times": 0},
        {"kind": "500", "method": []},
        {"kind": "500", "self": 1},
        {"kind": ["500"]},
        {"kind": "delay", "seconds": 1e10},
    ],
)
def test_a_fault_that_is_none_is_a_400(world: World, body: Any) -> None:
    answer = world.session.post(f"{BASE}/_sandbox/rules", json=body)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "1e300", "1" * 400, "-1", "true"])
def test_the_clock_goes_forward_by_some_years_at_most(world: World, seconds: str) -> None:
    answer = world.session.post(
        f"{BASE}/_sandbox/clock/advance",
        data=f'{{"seconds": {seconds}}}',
        headers={"Content-Type": "application/json"},
    )

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert world.sandbox.time() == world.now


def test_the_clock_has_an_end(world: World) -> None:
    years = [world.control("clock/advance", seconds=8 * 365 * 86400) for _ in range(3)]

    assert [answer.status_code for answer in years] == [200, 200, 400]


@pytest.mark.parametrize("path", ["/v1/charges", "/_sandbox/live"])
def test_a_bug_answers_in_json(world: World, path: str) -> None:
    world.sandbox.remember_request = world.sandbox.reset = None  # type: ignore[assignment]
    world.sandbox.requests = None  # type: ignore[assignment]
    answer = world.call("GET", path)

    assert (answer.status_code, list(answer.json())) == (500, ["error"])


def test_reset_forgets_everything(world: World) -> None:
    listen(world)
    world.paid()
    world.control("clock/advance", seconds=60)

    world.control("reset")

    assert world.event_types() == []
    assert world.sandbox.deliveries.all() == []
    assert world.sandbox.time() == world.now


def test_endpoints_outlive_a_reset_with_their_secrets(world: World) -> None:
    """Or a shop that was told its secret at the start would refuse all that follows."""
    endpoint = listen(world)
    world.control("reset")
    world.intent()
    [made] = world.sandbox.deliveries.drain()
    other = listen(world)

    _, headers, body = world.sent[0]
    assert made["endpoint"] == endpoint.id
    assert stripe.WebhookSignature.verify_header(
        body.decode(), headers["Stripe-Signature"], endpoint.secret, None
    )
    assert other.id != endpoint.id
    assert other.secret != endpoint.secret


def test_a_snapshot_brings_back_what_was(world: World) -> None:
    intent = world.intent()
    before = world.sandbox.snapshot()
    for _ in range(2):
        world.stripe.payment_intents.cancel(intent.id)
        world.sandbox.restore(before)

    assert world.stripe.payment_intents.retrieve(intent.id).status == "requires_payment_method"
    assert world.event_types() == ["payment_intent.created"]


def test_the_landing_page_writes_paths_as_the_handbook_does(world: World) -> None:
    page = world.session.get(f"{BASE}/").text

    assert "/_sandbox/disputes/{id}/win<" in page
    assert "/_sandbox/disputes/{id}/lose<" in page
    assert "_id" not in page.partition("/_sandbox/charges")[2].partition("</dd>")[0]
