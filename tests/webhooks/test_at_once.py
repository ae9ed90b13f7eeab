"""At the same moment: threads of one process, and processes of one machine, at a barrier."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier as ProcessBarrier
from threading import Barrier

import pytest

from storefront import create_app
from storefront.config import Settings
from storefront.db import db
from storefront.models import StripeEvent, Transition
from tests.shop import WEBHOOK, Client, Shop
from tests.webhooks.telling import Event, paid, the

N = 8
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one of them was answered, and how long it took."""

    status: int
    outcome: str
    seconds: float


def by_threads(shop: Shop, events: list[Event]) -> list[Delivered]:
    """Deliver all events at once, each from a thread of its own."""
    barrier = Barrier(len(events))

    def deliver(event: Event) -> Delivered:
        body = json.dumps(event).encode()
        signature = shop.signature(body)
        barrier.wait(PATIENCE)
        began = time.perf_counter()
        response = shop.post(body, signature=signature)
        seconds = time.perf_counter() - began
        return Delivered(response.status_code, response.json.get("outcome", ""), seconds)

    with ThreadPoolExecutor(len(events)) as pool:
        return list(pool.map(deliver, events))


def by_processes(shop: Shop, events: list[Event]) -> list[Delivered]:
    """Deliver all events at once, each to a shop in a process of its own."""
    with shop.app.app_context():
        db.engine.dispose()  # a connection doesn't survive the fork
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(len(events)), fork.SimpleQueue()
    bodies = [json.dumps(event).encode() for event in events]
    workers = [
        fork.Process(target=_serve_one, args=(shop.settings, body, shop.signature(body), at))
        for body, at in ((body, (shop.now, barrier, answers)) for body in bodies)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    return [answers.get() for worker in workers if worker.exitcode == 0]


def _serve_one(
    settings: Settings,
    body: bytes,
    signature: str,
    at: tuple[float, ProcessBarrier, multiprocessing.SimpleQueue[Delivered]],
) -> None:
    now, barrier, answers = at
    app = create_app(settings, clock=lambda: now)
    app.test_client_class = Client
    client = app.test_client()
    client.get("/readyz")  # connected, as a worker that has been running is
    barrier.wait(PATIENCE)
    began = time.perf_counter()
    response = client.post(WEBHOOK, data=body, headers={"Stripe-Signature": signature})
    seconds = time.perf_counter() - began
    answers.put(Delivered(response.status_code, response.json.get("outcome", ""), seconds))


@pytest.mark.parametrize("deliver", [by_threads, by_processes])
def test_of_eight_deliveries_at_once_one_is_applied(
    shop: Shop, deliver: Callable[[Shop, list[Event]], list[Delivered]]
) -> None:
    """WH-02."""
    token = paid(shop)
    event = the(shop, "payment_intent.succeeded")

    answers = deliver(shop, [event] * N)

    assert Counter(each.outcome for each in answers) == {"applied": 1, "duplicate": N - 1}
    assert {each.status for each in answers} == {200}
    assert max(each.seconds for each in answers) < 5  # nobody waits longer for the turn to write
    assert shop.one(StripeEvent).deliveries == N
    assert len(shop.all(Transition, Transition.after == "paid")) == 1
    assert shop.order(token).status == "paid"


@pytest.mark.parametrize("deliver", [by_threads, by_processes])
def test_two_events_about_one_payment_at_once_pay_it_once(
    shop: Shop, deliver: Callable[[Shop, list[Event]], list[Delivered]]
) -> None:
    """WH-06: each of the two, four times."""
    token = paid(shop, "checkout_session")
    both = [the(shop, "payment_intent.succeeded"), the(shop, "checkout.session.completed")]

    answers = deliver(shop, both * (N // 2))

    assert {each.status for each in answers} == {200}
    assert Counter(each.outcome for each in answers)["duplicate"] == N - 2
    assert len(shop.all(Transition, Transition.after == "paid")) == 1
    assert shop.payments(token)[0].amount_received == shop.order(token).amount_total


def test_every_event_of_different_orders_at_once_is_applied(shop: Shop) -> None:
    """Writers wait for each other, and none is turned away."""
    tokens = [paid(shop) for _ in range(N)]
    events = [event for event in shop.events() if event["type"] == "payment_intent.succeeded"]

    answers = by_threads(shop, events)

    assert Counter(each.outcome for each in answers) == {"applied": N}
    assert {shop.order(token).status for token in tokens} == {"paid"}
