"""`stripe listen`: the real CLI hears of every event over its WebSocket, and forwards it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stripe_sandbox.resources.payment_intents import make
from tests.sandbox.stripe_cli.cli import Listening, StripeCli, eventually, stripe_cli, verified

PAID = ["charge.succeeded", "payment_intent.created", "payment_intent.succeeded"]


@pytest.fixture(scope="module")
def program() -> Iterator[StripeCli]:
    with stripe_cli() as program:
        yield program


@pytest.fixture
def cli(program: StripeCli) -> StripeCli:
    program.sandbox.reset()
    program.receiver.requests.clear()
    program.receiver.status = 200
    return program


def news(cli: StripeCli) -> None:
    """Have `payment_intent.created` happen."""
    with cli.sandbox.lock:
        make(cli.sandbox, {"amount": 1000, "currency": "usd"})


def pay(cli: StripeCli) -> None:
    paid = cli.json(
        *("payment_intents", "create", "--amount=1000", "--currency=usd", "--confirm=true"),
        *("--payment-method=pm_card_visa", "--return-url=http://127.0.0.1/"),
    )
    assert paid["status"] == "succeeded"


def shown(listening: Listening) -> list[str]:
    return sorted(line.split()[3] for line in listening.lines if "-->" in line)


def deliveries(cli: StripeCli) -> list[Any]:
    return [row for row in cli.sandbox.deliveries.all() if row["endpoint"].startswith("cliws_")]


def answers(cli: StripeCli) -> list[tuple[int, str]]:
    attempts = [attempt for row in deliveries(cli) for attempt in row["attempts"]]
    return [(attempt["status"], attempt["answer"]) for attempt in attempts]


def test_every_event_is_forwarded_and_signed_with_the_secret_of_the_cli(cli: StripeCli) -> None:
    with cli.listening("--all-snapshot", "--forward-to", cli.receiver.url) as listening:
        pay(cli)
        cli.receiver.wait_for(3)

        assert sorted(verified(cli.receiver, listening.secret)) == PAID
        listening.wait_until(f"[200] POST {cli.receiver.url}")
        eventually(lambda: answers(cli) == [(200, "taken")] * 3)
    events = cli.sandbox.newest_first("event")
    assert {event["pending_webhooks"] for event in events} == {0}


def test_the_secret_stays(cli: StripeCli) -> None:
    printed = [cli.run("listen", "--all-snapshot", "--print-secret").stdout for _ in range(2)]

    with cli.listening() as listening:
        assert {listening.secret} == {line.strip() for line in printed}


def test_a_refusal_is_noted_and_only_a_resend_tries_again(cli: StripeCli) -> None:
    cli.receiver.status = 500
    with cli.listening("--all-snapshot", "--forward-to", cli.receiver.url) as listening:
        news(cli)
        event = cli.receiver.wait_for(1)[0]["id"]
        listening.wait_until("[500]")
        cli.receiver.status = 200

        assert cli.json("events", "resend", event)["id"] == event
        listening.wait_until("[200]")
        eventually(lambda: answers(cli) == [(500, "taken"), (200, "taken")])

    assert [row["state"] for row in deliveries(cli)] == ["failed", "delivered"]


def test_two_clis_hear_the_same_and_each_forwards_what_it_was_asked_for(cli: StripeCli) -> None:
    with (
        cli.listening("--latest", "--all-snapshot") as everything,
        cli.listening("--events", "charge.succeeded", "--forward-to", cli.receiver.url),
    ):
        pay(cli)
        eventually(lambda: [row["state"] for row in deliveries(cli)] == ["delivered"] * 6)
        eventually(lambda: shown(everything) == PAID)
        forwarded = cli.receiver.wait_for(1)

    assert [event["type"] for event in forwarded] == ["charge.succeeded"]


def test_what_was_held_comes_when_it_is_released(cli: StripeCli) -> None:
    with cli.listening() as listening:
        cli.sandbox.deliveries.hold()
        news(cli)
        assert not any("-->" in line for line in listening.lines)

        cli.sandbox.deliveries.release()
        listening.wait_until("payment_intent.created")


def test_a_cli_that_died_is_waited_for_by_no_event(cli: StripeCli) -> None:
    with cli.listening():
        news(cli)
    eventually(lambda: cli.sandbox.listeners.all() == [])
    news(cli)

    assert next(cli.sandbox.newest_first("event"))["pending_webhooks"] == 0
    assert len(deliveries(cli)) == 1


def test_a_cli_that_does_not_listen_cannot_be_resent_to(cli: StripeCli) -> None:
    news(cli)
    event = next(cli.sandbox.newest_first("event"))["id"]

    assert "run stripe listen" in cli.run("events", "resend", event).stdout
