"""Kill -9 at every statement of the webhook's transaction: everything happened, or nothing.

The process that takes the delivery is a real one, and it is gone in the middle: no `finally`, no
rollback, no goodbye to the database.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event

from storefront import create_app
from storefront.config import Settings
from storefront.db import db
from storefront.models import Transition
from tests.lifecycle.standing import inbox, standing
from tests.shop import WEBHOOK, Client, Shop
from tests.webhooks.telling import Event, outcome_of, paid, the

FORK = multiprocessing.get_context("fork")
PATIENCE = 60.0
# What an event that pays an order costs.
FEWEST_STATEMENTS = 5
Arm = Callable[[Flask], None]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_statement(number: int) -> Arm:
    """Die before the statement of that number, BEGIN included."""

    def arm(app: Flask) -> None:
        seen = iter(range(number))

        @event.listens_for(db.engine, "before_cursor_execute")
        def count(*_: object) -> None:
            if next(seen, None) is None:
                die()

    return arm


def at_commit(_: Flask) -> None:
    """Die when everything is written and nothing committed."""
    event.listen(db.engine, "commit", lambda _: die())


def before_the_answer(app: Flask) -> None:
    """Die when everything is committed and nobody knows."""
    app.after_request_funcs[None] = [lambda _: die()]  # type: ignore[list-item]


def deliver_and_die(shop: Shop, told: Event, arm: Arm) -> bool:
    """Deliver to a process that may be killed; say whether it was."""
    with shop.app.app_context():
        db.engine.dispose()  # a connection doesn't survive the fork
    body = json.dumps(told).encode()
    signature = shop.signature(body)
    worker = FORK.Process(target=_serve, args=(shop.settings, (body, signature), shop.now, arm))
    worker.start()
    worker.join(PATIENCE)
    assert worker.exitcode in {0, -signal.SIGKILL}
    return worker.exitcode != 0


def _serve(settings: Settings, delivery: tuple[bytes, str], now: float, arm: Arm) -> None:
    body, signature = delivery
    app = create_app(settings, clock=lambda: now)
    app.test_client_class = Client
    client = app.test_client()
    client.get("/readyz")
    with app.app_context():
        arm(app)
    answer = client.post(WEBHOOK, data=body, headers={"Stripe-Signature": signature})
    os._exit(0 if answer.status_code == 200 else 1)


@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_killed_at_any_statement_nothing_happened_and_redelivery_completes(
    shop: Shop, flow: str
) -> None:
    """CR-05 and I2: before each statement, BEGIN included, until there is none left to die at."""
    token = paid(shop, flow)
    told = the(shop, "payment_intent.succeeded")
    before, deaths = standing(shop), 0

    assert deliver_and_die(shop, told, at_commit)
    assert (standing(shop), inbox(shop)) == (before, {})
    while deliver_and_die(shop, told, at_statement(deaths)):
        assert (standing(shop), inbox(shop)) == (before, {})
        deaths += 1

    assert deaths >= FEWEST_STATEMENTS
    assert shop.order(token).status == "paid"
    assert outcome_of(shop, told) == "duplicate"


def test_killed_before_the_answer_everything_happened_and_redelivery_is_a_duplicate(
    shop: Shop,
) -> None:
    """CR-06: and the outcome is known to Stripe in the end."""
    token = paid(shop)
    told = the(shop, "payment_intent.succeeded")

    assert deliver_and_die(shop, told, before_the_answer)

    assert shop.order(token).status == "paid"
    assert outcome_of(shop, told) == "duplicate"
    assert len(shop.all(Transition, Transition.after == "paid")) == 1
