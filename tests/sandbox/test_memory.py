"""The sandbox's memory: snapshots that cost nothing, the same run twice, and an end to growing."""

import json
from typing import Any

import pytest
import stripe

from stripe_sandbox.pruning import prune
from stripe_sandbox.resources.webhook_endpoints import register
from stripe_sandbox.tables import Table
from tests.sandbox.conftest import HOOK, World, listen


def script(world: World) -> str:
    """Do a bit of everything, with faults and rules of chance; return all there is to see."""
    shown: list[str] = []
    world.session.hooks["response"].append(
        lambda answer, **_: shown.append(f"{answer.status_code} {answer.text}")
    )
    register(world.sandbox, HOOK, ["*"])
    world.answers = [200, 500, 200] * 20
    world.control("rules", kind="500", path="/v1/payment_intents", probability=0.3)
    world.control("rules", kind="corrupt_signature", probability=0.5)
    world.control("rules", kind="reorder", type="charge.*", among=2)
    world.control("rules", kind="duplicate", probability=0.4)
    for step in range(12):
        for _ in range(2):
            world.call(
                "POST",
                "/v1/payment_intents",
                "amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa"
                "&automatic_payment_methods[enabled]=true&automatic_payment_methods"
                "[allow_redirects]=never",
                Idempotency_Key=f"key {step}",
            )
        world.now += 3
        world.sandbox.deliveries.drain()
    state = json.dumps(world.sandbox.state.as_json())
    return json.dumps([shown, [str(sent) for sent in world.sent], state])


def test_the_same_seed_and_script_give_the_same_bytes() -> None:
    once, again = script(World()), script(World())

    assert once == again
    assert "An unexpected error" in once
    assert "corrupt_signature" in once


def test_a_seed_starts_over_after_a_reset(world: World) -> None:
    first = world.intent().id
    world.control("reset")

    assert world.intent().id == first


def test_a_restored_snapshot_goes_on_as_it_did_before(world: World) -> None:
    listen(world)
    kept = world.sandbox.snapshot()
    first = [world.intent().id, len(world.sandbox.deliveries.drain())]
    world.sandbox.restore(kept)

    assert [world.intent().id, len(world.sandbox.deliveries.drain())] == first


def test_a_delivery_under_way_when_a_snapshot_was_taken_is_made_again(world: World) -> None:
    listen(world)
    world.intent()
    kept = []
    world.sandbox.deliveries._send = lambda *_: kept.append(world.sandbox.snapshot()) or 200
    world.sandbox.deliveries.drain()

    world.sandbox.restore(kept[0])

    assert len(world.sandbox.deliveries.drain()) == 1


def test_copies_of_a_table_share_rows_until_one_is_written_to() -> None:
    table = Table({"a": 1})
    copy = table.fork()
    shares = copy._rows is table._rows
    copy["b"] = 2
    table["c"] = 3

    assert shares
    assert (dict(table), dict(copy)) == ({"a": 1, "c": 3}, {"a": 1, "b": 2})
    del copy["a"]
    assert list(table) == ["a", "c"]


def test_a_snapshot_copies_no_table(world: World) -> None:
    for _ in range(3):
        world.paid()
    kept = world.sandbox.snapshot()

    tables = world.sandbox.state.tables
    assert all(kept.tables[kind]._rows is rows._rows for kind, rows in tables.items())


def all_ids(world: World) -> dict[str, int]:
    return {kind: len(rows) for kind, rows in world.sandbox.state.tables.items()}


def test_old_events_and_finished_purchases_are_forgotten_with_all_that_is_theirs(
    world: World,
) -> None:
    listen(world)
    open_intent = world.intent().id
    for _ in range(12):
        world.paid()
        world.sandbox.deliveries.drain()
    events = len(world.event_types())

    prune(world.sandbox, 5)

    state = world.sandbox.state
    assert events > 30
    assert all_ids(world)["event"] == 5
    assert all_ids(world)["payment_intent"] == 6  # the open one too
    assert all_ids(world)["charge"] == all_ids(world)["balance_transaction"] == 5
    assert len(state.delivered) == 5
    assert len(state.idempotency) == 5
    assert world.stripe.payment_intents.retrieve(open_intent).status == "requires_payment_method"


def test_what_can_still_change_is_not_forgotten(world: World) -> None:
    disputed = world.paid("pm_card_createDispute").id
    refunded = world.paid()
    world.stripe.refunds.create({"payment_intent": refunded.id})
    for _ in range(5):
        world.paid()

    prune(world.sandbox, 2)

    assert world.stripe.payment_intents.retrieve(disputed).id == disputed
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.payment_intents.retrieve(refunded.id)
    assert world.stripe.refunds.list().data == []


def test_an_event_stays_until_its_deliveries_are_made(world: World) -> None:
    listen(world)
    world.control("deliveries/hold")
    for _ in range(12):
        world.intent()
    prune(world.sandbox, 5)
    world.control("deliveries/release")

    assert len(world.sandbox.deliveries.drain()) == len(world.sent) == 12
    prune(world.sandbox, 5)
    assert all_ids(world)["event"] == 5


def test_the_oldest_intents_that_nobody_confirmed_are_forgotten(world: World) -> None:
    paid = world.paid().id
    intents = [world.intent().id for _ in range(12)]

    prune(world.sandbox, 5)

    assert list(world.sandbox.state.tables["payment_intent"])[-5:] == intents[-5:]
    assert paid not in world.sandbox.state.tables["payment_intent"]


def test_memory_is_bounded_without_a_clockwork(world: World) -> None:
    world.sandbox.keep_events = 20
    for _ in range(80):
        world.intent()

    assert all_ids(world)["event"] < 30
    assert all_ids(world)["payment_intent"] < 30


def test_an_idempotent_answer_lives_for_a_day(world: World) -> None:
    body: Any = "amount=1000&currency=usd"
    world.call("POST", "/v1/payment_intents", body, Idempotency_Key="k")
    world.control("clock/advance", seconds=24 * 3600 - 1)
    assert "k" in world.sandbox.state.idempotency

    world.control("clock/advance", seconds=2)
    assert "k" not in world.sandbox.state.idempotency
