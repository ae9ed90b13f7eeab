"""Rules: what is asked to go wrong with deliveries and API calls, for whom and how often."""

import json
from typing import Any

import pytest
import stripe

from tests.sandbox.conftest import BASE, World, listen


def rule(world: World, kind: str, **fields: Any) -> Any:
    answer = world.control("rules", kind=kind, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def delivered(world: World) -> list[str]:
    world.sandbox.deliveries.drain()
    return [event["type"].rpartition(".")[2] for event in world.sent_events()]


def is_genuine(world: World, secret: str, index: int = -1) -> bool:
    _, headers, body = world.sent[index]
    try:
        return stripe.WebhookSignature.verify_header(
            body.decode(), headers["Stripe-Signature"], secret, None
        )
    except stripe.SignatureVerificationError:
        return False


def test_what_a_rule_holds_waits_and_the_rest_goes_on(world: World) -> None:
    listen(world)
    rule(world, "hold", type="charge.*")
    world.paid()

    assert delivered(world) == ["created", "succeeded"]
    assert world.sent_events()[1]["type"] == "payment_intent.succeeded"

    world.control("deliveries/release")
    delivered(world)

    assert world.sent_events()[2]["type"] == "charge.succeeded"
    assert world.sandbox.rules.active() == []


def test_one_held_delivery_can_be_released_or_dropped(world: World) -> None:
    listen(world)
    world.control("deliveries/hold")
    world.paid()
    first, second, third = world.sandbox.deliveries.pending()

    world.control(f"deliveries/{second['id']}/release")
    world.control(f"deliveries/{first['id']}/drop")
    assert delivered(world) == [second["type"].rpartition(".")[2]]

    world.control("deliveries/release")
    delivered(world)
    assert [event["id"] for event in world.sent_events()] == [second["event"], third["event"]]
    assert world.control(f"deliveries/{first['id']}/release").status_code == 404


def test_a_delayed_delivery_comes_in_its_time(world: World) -> None:
    listen(world)
    rule(world, "delay", type="payment_intent.created", seconds=30)
    world.paid()

    assert delivered(world) == ["succeeded", "succeeded"]
    world.now += 30
    assert delivered(world)[2:] == ["created"]


def test_a_duplicate_is_the_same_event_again_and_counts_once(world: World) -> None:
    listen(world)
    rule(world, "duplicate", copies=2)
    world.intent()

    assert delivered(world) == ["created"] * 3
    assert len({event["id"] for event in world.sent_events()}) == 1
    assert world.stripe.events.list().data[0].pending_webhooks == 0


def test_reordered_deliveries_come_backwards_once_they_are_together(world: World) -> None:
    listen(world)
    rule(world, "reorder", among=3)
    world.intent()
    assert delivered(world) == []

    world.paid()
    delivered(world)

    made = [event["id"] for event in reversed(list(world.sandbox.newest_first("event")))]
    assert [event["id"] for event in world.sent_events()] == made[2::-1]


def test_too_few_to_reorder_come_in_time_anyway(world: World) -> None:
    listen(world)
    rule(world, "reorder", among=5, seconds=20)
    world.paid()
    assert delivered(world) == []

    world.now += 20
    delivered(world)

    kinds = [event["type"] for event in world.sent_events()]
    assert kinds == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


def test_a_dropped_delivery_never_comes_and_is_missed(world: World) -> None:
    listen(world)
    rule(world, "drop", times=1)
    world.paid()

    assert delivered(world) == ["succeeded", "succeeded"]
    missed = world.stripe.events.list({"delivery_success": False}).data
    assert [event.type for event in missed] == ["payment_intent.created"]


@pytest.mark.parametrize("kind", ["corrupt_signature", "wrong_secret"])
def test_a_spoiled_signature_is_refused_and_the_retry_is_right(world: World, kind: str) -> None:
    secret = listen(world, "payment_intent.created").secret
    rule(world, kind, times=1)
    world.answers = [400]
    world.intent()

    delivered(world)
    assert not is_genuine(world, secret)

    world.now += 2
    delivered(world)
    assert is_genuine(world, secret)


def test_an_old_version_says_so_and_has_the_shape_of_its_time(world: World) -> None:
    secret = listen(world, "payment_intent.succeeded").secret
    rule(world, "old_version")
    intent = world.paid()

    delivered(world)

    [event] = world.sent_events()
    assert event["api_version"] == "2020-08-27"
    assert event["data"]["object"]["charges"]["data"][0]["id"] == intent.latest_charge
    assert is_genuine(world, secret)


def test_a_rule_can_be_about_one_endpoint(world: World) -> None:
    first, second = listen(world, "payment_intent.created"), listen(world, "payment_intent.created")
    rule(world, "drop", endpoint=second.id)
    world.intent()

    [made] = world.sandbox.deliveries.drain()
    assert made["endpoint"] == first.id


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("rain", {}, "kind must be one of"),
        ("delay", {"seconds": -1}, "seconds must be"),
        ("hold", {"seconds": 1}, "has no seconds"),
        ("500", {"type": "*"}, "has no type"),
        ("500", {"path": "/elsewhere"}, "path must be"),
        ("500", {"path": "/v1/payment_intnts"}, "path must be"),
        ("500", {"path": "/v1/payment_intents/pi_1/confrm"}, "path must be"),
        ("500", {"path": "/v1/events/evt_1/retry/more"}, "path must be"),
        ("drop", {"type": "payment_intent.suceeded"}, "type must be"),
        ("drop", {"type": "payment.*"}, "type must be"),
        ("drop", {"endpoint": "we_nobody"}, "endpoint must be"),
        ("drop", {"times": 0}, "times must be"),
        ("drop", {"times": True}, "times must be"),
        ("drop", {"probability": 2}, "probability must be"),
        ("reorder", {"among": 1}, "among must be"),
    ],
)
def test_a_rule_that_says_nothing_sensible_is_refused(
    world: World, kind: str, fields: Any, sentence: str
) -> None:
    answer = world.control("rules", kind=kind, **fields)

    assert answer.status_code == 400
    assert sentence in answer.json()["error"]
    assert world.sandbox.rules.all() == []


def test_a_fault_can_be_about_a_method_and_tell_when_to_come_back(world: World) -> None:
    rule(world, "429", method="POST", times=1, retry_after=7, should_retry=True)

    read = world.call("GET", "/v1/payment_intents")
    made = world.call("POST", "/v1/payment_intents", "amount=1000&currency=usd")

    assert (read.status_code, made.status_code) == (200, 429)
    assert (made.headers["Retry-After"], made.headers["Stripe-Should-Retry"]) == ("7", "true")


def test_a_fault_of_chance_strikes_at_the_same_calls_with_the_same_seed() -> None:
    def statuses() -> list[int]:
        world = World()
        rule(world, "500", probability=0.5)
        return [world.call("GET", "/v1/payment_intents").status_code for _ in range(40)]

    once = statuses()

    assert once == statuses()
    assert 10 < once.count(500) < 30


def test_rules_come_and_go_as_json(world: World) -> None:
    rule(world, "drop", type="charge.*", times=2)
    kept = rule(world, "409", probability=0.1)
    definitions = world.session.get(f"{BASE}/_sandbox/rules").json()["definitions"]

    assert world.control(f"rules/{kept['id']}/remove").status_code == 200
    assert world.control(f"rules/{kept['id']}/remove").status_code == 404
    assert world.control("rules/import", definitions=json.loads(json.dumps(definitions))).json()
    assert world.sandbox.rules.definitions() == definitions
    assert world.control("rules/import", definitions=[{"kind": "rain"}]).status_code == 400
    assert world.sandbox.rules.definitions() == definitions
