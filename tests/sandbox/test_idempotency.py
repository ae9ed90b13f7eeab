"""Idempotency keys: one effect and one answer, for a day."""

import threading
import time

import requests

from stripe_sandbox.protocol import idempotency
from tests.sandbox.conftest import World

NEW = "amount=1000&currency=usd"


def error(answer: requests.Response) -> dict[str, str]:
    return answer.json()["error"]


def wait_until_in_flight(world: World) -> None:
    """Return once the request with the key k has begun; fail when it doesn't."""
    deadline = time.monotonic() + 60
    while "k" not in world.sandbox.keys_in_flight:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_same_key_and_parameters_replay_the_answer(world: World) -> None:
    first = world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")
    again = world.call(
        "POST", "/v1/payment_intents", "currency=usd&amount=1000", Idempotency_Key="k"
    )

    assert again.text == first.text
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert "Idempotent-Replayed" not in first.headers


def test_a_decline_is_replayed_too(world: World) -> None:
    intent = world.intent()
    bodies = [
        world.call(
            "POST",
            f"/v1/payment_intents/{intent.id}/confirm",
            "payment_method=pm_card_chargeDeclined&return_url=http://x.test",
            Idempotency_Key="k",
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in bodies] == [402, 402]
    assert world.event_types().count("charge.failed") == 1


def test_other_parameters_with_the_same_key_are_an_error(world: World) -> None:
    world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")

    answer = world.call("POST", "/v1/payment_intents", "amount=2&currency=usd", Idempotency_Key="k")

    assert (answer.status_code, error(answer)["type"]) == (400, "idempotency_error")


def test_what_fails_before_it_begins_leaves_the_key_free(world: World) -> None:
    world.call("POST", "/v1/payment_intents", "amount=1000", Idempotency_Key="k")

    assert world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k").status_code == 200


def test_a_key_is_free_again_after_a_day(world: World) -> None:
    first = world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k").json()
    world.now += idempotency.LIFETIME

    assert world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k").json() != first


def test_a_key_in_flight_is_a_409(world: World) -> None:
    answers: list[requests.Response] = []
    first = threading.Thread(
        target=lambda: answers.append(
            world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")
        )
    )
    with world.sandbox.lock:
        first.start()
        wait_until_in_flight(world)
        second = world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")
    first.join()

    assert (second.status_code, error(second)["code"]) == (409, "idempotency_key_in_use")
    assert second.headers["Stripe-Should-Retry"] == "true"
    assert answers[0].status_code == 200


def test_a_stored_500_is_replayed_and_not_worth_a_retry(world: World) -> None:
    world.control("rules", path="/v1/payment_intents", kind="500", times=1)
    first = world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")

    again = world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")

    assert (first.status_code, again.status_code) == (500, 500)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Stripe-Should-Retry"] == "false"
    assert world.event_types() == []


def test_a_day_old_key_is_forgotten(world: World) -> None:
    world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="old")
    world.now += idempotency.LIFETIME - 1
    world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="young")
    world.now += 1

    world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="new")

    assert list(world.sandbox.state.idempotency) == ["young", "new"]


def test_a_restored_snapshot_holds_no_key_in_flight(world: World) -> None:
    with world.sandbox.lock:
        running = threading.Thread(
            target=lambda: world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")
        )
        running.start()
        wait_until_in_flight(world)
        snapshot = world.sandbox.snapshot()
    running.join()
    world.sandbox.restore(snapshot)

    again = world.call("POST", "/v1/payment_intents", NEW, Idempotency_Key="k")

    assert again.status_code == 200


def test_the_same_key_on_another_path_is_an_error(world: World) -> None:
    world.call("POST", "/v1/customers", "", Idempotency_Key="k")

    answer = world.call("POST", "/v1/products", "name=Tea", Idempotency_Key="k")

    assert error(answer)["type"] == "idempotency_error"
    assert world.call("GET", "/v1/customers", Idempotency_Key="k").status_code == 200
