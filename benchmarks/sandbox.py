"""The Stripe sandbox: PaymentIntents made, confirmed and told of, and the price of a snapshot."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from http.client import HTTPConnection
from itertools import count
from multiprocessing.sharedctypes import Synchronized
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.stopwatch import (
    Cost,
    free_port,
    measure,
    on_another_core,
    program,
    wait_until_open,
)
from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.resources.payment_intents import make

ROUNDS = 1500
OBJECTS = 5000
FORM = {
    "Authorization": "Bearer sk_test_benchmark",
    "Content-Type": "application/x-www-form-urlencoded",
    "Stripe-Version": "2026-10-28.endive",
}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Client:
    """One kept connection to the sandbox."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port)
        self._keys = count()

    def pay(self) -> None:
        """Make a PaymentIntent and confirm it, as a shop does."""
        made = self.post("/v1/payment_intents", "amount=1000&currency=usd&metadata[order]=o_1")
        intent = made[made.index(b"pi_") :].split(b'"')[0].decode()
        self.post(
            f"/v1/payment_intents/{intent}/confirm",
            "payment_method=pm_card_visa&return_url=http://127.0.0.1/",
        )

    def post(self, path: str, form: str) -> bytes:
        """Send one API request; return the answer's body."""
        headers = {**FORM, "Idempotency-Key": f"k{next(self._keys)}"}
        self._connection.request("POST", path, form, headers)
        return self._read()

    def look(self) -> None:
        """Ask the endpoint that does nothing."""
        self._connection.request("GET", "/_sandbox/health")
        self._read()

    def _read(self) -> bytes:
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body


def main() -> None:
    """Print rates, what they are of an empty endpoint's, and the price of a snapshot."""
    with on_another_core(), receiver() as (hook, heard), TemporaryDirectory() as folder:
        _print(*_measured(hook, heard))
        _, cost, _ = _measured(hook, heard, "--keep-events", "500", "--state", f"{folder}/state")
        _print_cost("the same, --keep-events 500 --state", cost)
    _print_snapshot()


def _measured(hook: int, heard: Any, *options: str) -> tuple[Cost, Cost, float]:
    """Return the cost of an empty endpoint and of payments, and how late the last delivery was."""
    port = free_port()
    heard.value = 0
    with program("stripe_sandbox", "--port", str(port), "--seed", "1", *options) as pid:
        wait_until_open(port)
        client = Client(port)
        events = "enabled_events[]=charge.succeeded&enabled_events[]=payment_intent.succeeded"
        client.post("/v1/webhook_endpoints", f"url=http://127.0.0.1:{hook}/&{events}")
        for _ in range(100):
            client.pay()
        empty = measure(ROUNDS, client.look, of=pid)
        return empty, *_paid_and_delivered(client, pid, heard)


def _paid_and_delivered(client: Client, pid: int, heard: Any) -> tuple[Cost, float]:
    """Return the cost up to the last delivery, and how long that came after the last payment."""
    wanted = 200 + 2 * ROUNDS
    ends: list[float] = []

    def pay_all() -> None:
        for _ in range(ROUNDS):
            client.pay()
        ends.append(time.perf_counter())
        while heard.value < wanted:
            time.sleep(0.001)

    while heard.value < 200:
        time.sleep(0.001)
    cost = measure(1, pay_all, of=pid)
    return Cost(ROUNDS, cost.wall, cost.cpu), time.perf_counter() - ends[0]


def _print(empty: Cost, paid: Cost, late: float) -> None:
    ratio = paid.rate_of_a_core / empty.rate_of_a_core
    _print_cost("empty endpoint", empty)
    _print_cost("create, confirm, two deliveries", paid)
    print(
        f"  ratio {ratio:.2f}; the last delivery came {late * 1000:.0f} ms after the last payment"
    )


def _print_cost(what: str, cost: Cost) -> None:
    print(f"  {what:36}{cost.rate:6.0f}/s; a core sustains {cost.rate_of_a_core:5.0f}/s")


def _print_snapshot() -> None:
    sandbox = sandbox_of(create_sandbox(seed=1, send=lambda *_: 200))
    for _ in range(OBJECTS):
        make(sandbox, {"amount": 1000, "currency": "usd"})
    kept = sandbox.snapshot()
    begun = time.perf_counter()
    for _ in range(1000):
        kept = sandbox.snapshot()
    taken = time.perf_counter()
    for _ in range(1000):
        sandbox.restore(kept)
    restored = time.perf_counter()
    make(sandbox, {"amount": 1000, "currency": "usd"})
    written = time.perf_counter()
    print(
        f"  {OBJECTS} PaymentIntents: snapshot {(taken - begun) * 1000:.1f} µs, restore "
        f"{(restored - taken) * 1000:.1f} µs, the next write {(written - restored) * 1e6:.0f} µs"
    )


class receiver:  # noqa: N801 - used as a function
    """A process that answers every delivery, and counts them."""

    def __enter__(self) -> tuple[int, Synchronized[int]]:
        listening = socket.create_server(("127.0.0.1", 0))
        heard = multiprocessing.Value("i", 0)
        self._process = multiprocessing.Process(
            target=_receive, args=(listening, heard), daemon=True
        )
        self._process.start()
        return listening.getsockname()[1], heard

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _receive(listening: socket.socket, heard: Any) -> None:
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer, args=(connection, heard), daemon=True).start()


def _answer(connection: socket.socket, heard: Any) -> None:
    left = b""
    while True:
        while b"\r\n\r\n" not in left:
            if not (chunk := connection.recv(65536)):
                return
            left += chunk
        head, _, left = left.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(left) < length:
            left += connection.recv(65536)
        left = left[length:]
        with heard.get_lock():
            heard.value += 1
        connection.sendall(OK)


if __name__ == "__main__":
    main()
