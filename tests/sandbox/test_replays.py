"""A seed repeats a run, threads and all: ids, faults and what befalls each delivery."""

import random
import time
from typing import Any

from stripe_sandbox.app import create_sandbox, sandbox_of, start, stop
from stripe_sandbox.resources.webhook_endpoints import register
from tests.sandbox.conftest import BASE, HOOK
from tests.wsgi_transport import session_for

PAY = (
    "amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa"
    "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
)
KEY = {"Authorization": "Bearer sk_test_x"}


def run() -> tuple[list[str], list[Any]]:
    """Pay while threads deliver as quickly as they happen to; return what there is to see."""
    jitter = random.SystemRandom()

    def send(*_: object) -> int:
        time.sleep(jitter.random() / 500)
        return 200

    app = create_sandbox(seed=7, send=send, clock=lambda: 1_800_000_000.0)
    sandbox, session = sandbox_of(app), session_for(app)
    register(sandbox, HOOK, ["*"])
    sandbox.rules.add("500", path="/v1/payment_intents", probability=0.3)
    sandbox.rules.add("corrupt_signature", probability=0.5)
    sandbox.rules.add("duplicate", probability=0.4)
    start(app)
    answers = [
        session.post(f"{BASE}/v1/payment_intents", data=PAY, headers=KEY).text for _ in range(25)
    ]
    ends = time.monotonic() + 60
    while sandbox.deliveries.pending() and time.monotonic() < ends:
        time.sleep(0.01)
    stop(app)
    made = [
        (row["id"], row["event"], row["rules"], [each["spoiled"] for each in row["attempts"]])
        for row in sandbox.deliveries.all()
    ]
    return answers, made


def test_the_same_seed_gives_the_same_run_while_threads_deliver() -> None:
    once, again = run(), run()

    assert once == again
    assert sum("An unexpected error" in answer for answer in once[0]) > 2
    assert {str(spoiled) for row in once[1] for spoiled in row[3]} == {
        "[]",
        "['corrupt_signature']",
    }
