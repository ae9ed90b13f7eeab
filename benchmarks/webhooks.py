"""Webhooks: events that pay orders, over 16 kept connections to gunicorn, beside three yardsticks.

The yardsticks are an endpoint that only checks the signature, one written by hand on DB-API with
the same guarantees (`by_hand.py`), and bare durable commits to the same database. All take turns in
short rounds, so that what else the machine does meets each alike; a ratio is the median of the
rounds' ratios. Every tenth event is delivered again. Each round is checked: all answers were 200,
and every order is paid.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg
import pysqlite3
import stripe
from flask import Flask
from sqlalchemy import URL, func, make_url, select

from benchmarks.api import databases
from benchmarks.load import Answered, Connections
from benchmarks.stopwatch import free_port, wait_until_open
from benchmarks.unpaid import events_that_pay, make_orders
from scripts.demo_environment import ROOT, demo_environment
from storefront import create_app
from storefront.config import read_settings
from storefront.db import db, reading
from storefront.models import Order

SECRET = "whsec_benchmark"
CONNECTIONS, ORDERS, ROUNDS, COMMIT_SECONDS = 16, 300, 9, 0.3
PATHS = {
    "the shop": "/v1/webhooks/stripe",
    "by hand": "/by-hand/",
    "signature only": "/by-hand/verify",
}
DURABLE = {
    "SQLite": {"synchronous": "FULL"},
    "PostgreSQL": {"synchronous_commit": "on", "fsync": "on"},
}
ROW = "  {:11} {:15}{:>9}{:>9}{:>9}{:>9}{:>23}"


@dataclass(frozen=True, slots=True)
class Server:
    """The running server, and an application of our own on its database."""

    port: int
    process: psutil.Process
    app: Flask
    url: URL

    def cpu(self) -> float:
        """Return the seconds of CPU that the server has used so far, its database's apart."""
        return sum(sum(each.cpu_times()[:2]) for each in self.process.children())


def main() -> None:
    """Print a table: rates, latencies, and what the shop's rate is of each yardstick's."""
    print(ROW.format("", "", "events/s", "p50 ms", "p99 ms", "CPU ms", "the shop is"))
    for name, url in databases():
        with tempfile.TemporaryDirectory() as folder, serving(url, Path(folder)) as server:
            check_durability(server.port, DURABLE[name])
            rounds = [one_round(server) for _ in range(ROUNDS + 1)]
        show(name, rounds[1:])


@contextmanager
def serving(url: str, folder: Path) -> Iterator[Server]:
    """Run the shop and the yardsticks as the shop is shipped."""
    port, sandbox_port = free_port(), free_port()
    environment = demo_environment(port=port, sandbox_port=sandbox_port, var=folder) | {
        "DATABASE_URL": url, "STRIPE_WEBHOOK_SECRET": SECRET, "WEB_CONCURRENCY": "2",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "benchmarks.webhook_server:application()"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until_open(port)
        app = create_app(read_settings(environment))
        yield Server(port, psutil.Process(server.pid), app, make_url(url))
        with app.app_context():
            db.engine.dispose()
    finally:
        server.terminate()
        server.wait()


def check_durability(port: int, wanted: dict[str, str]) -> None:
    """Ask the server itself whether its commits outlive a crash; raises if they don't."""
    for path in ("/by-hand/durability", "/shops-own/durability"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            found = json.load(answer)
        if found != wanted:
            raise RuntimeError(f"{path} says {found}, not {wanted}.")


def one_round(server: Server) -> dict[str, Answered]:
    """Deliver new events to each endpoint, over the same connections, and commit for a while."""
    with server.app.app_context():
        orders = {endpoint: make_orders(ORDERS) for endpoint in PATHS}
    deliveries = {each: list(requests(orders[each], path)) for each, path in PATHS.items()}
    found = {}
    with closing(Connections(server.port, CONNECTIONS)) as connections:
        for endpoint, bodies in deliveries.items():
            before = server.cpu()
            found[endpoint] = connections.send(bodies)
            found[endpoint].cpu = server.cpu() - before
            if found[endpoint].statuses != {200: len(bodies)}:
                raise RuntimeError(f"{endpoint} answered {found[endpoint].statuses}.")
    for endpoint in ("the shop", "by hand"):
        check_paid(server.app, orders[endpoint])
    found["bare commits"] = committed(server.url)
    return found


def requests(orders: list[dict[str, str]], path: str) -> Iterator[bytes]:
    """Yield a signed delivery of each order's event, and then every tenth of them again."""
    bodies = list(events_that_pay(orders))
    for body in bodies + bodies[::10]:
        signature = stripe.WebhookSignature.generate_signature_header(
            body.decode(), SECRET, int(time.time())
        )
        yield (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Stripe/1.0\r\nAccept: */*\r\n"
            f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            f"Stripe-Signature: {signature}\r\n\r\n"
        ).encode() + body


def check_paid(app: Flask, orders: list[dict[str, str]]) -> None:
    """Raise unless every order of the round is paid."""
    ids = [order["order_id"] for order in orders]
    statement = select(func.count()).where(Order.id.in_(ids), Order.status == "paid")
    with app.app_context(), reading() as session:
        paid = session.scalar(statement)
    if paid != len(orders):
        raise RuntimeError(f"Only {paid} of {len(orders)} orders are paid.")


def committed(url: URL) -> Answered:
    """Commit one small row at a time for a while: from one writer on SQLite, from 16 elsewhere."""
    answers, writers = Answered(), 1 if _is_sqlite(url) else CONNECTIONS
    with closing(_connect(url)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER)")
    threads = [
        threading.Thread(target=_commit, args=(url, answers.durations)) for _ in range(writers)
    ]
    begun = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    answers.wall = time.perf_counter() - begun
    return answers


def _commit(url: URL, durations: list[float]) -> None:
    with closing(_connect(url)) as connection:
        ends = time.perf_counter() + COMMIT_SECONDS
        while (begun := time.perf_counter()) < ends:
            connection.execute("INSERT INTO bare VALUES (1)")
            durations.append(time.perf_counter() - begun)


def _connect(url: URL) -> Any:
    if _is_sqlite(url):
        connection = pysqlite3.connect(url.database, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        return connection
    conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(conninfo, autocommit=True)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def show(name: str, rounds: list[dict[str, Answered]]) -> None:
    """Print a row for the shop and for each yardstick."""
    for what in rounds[0]:
        whole = Answered()
        for each in rounds:
            whole.add(each[what])
        ratios = [each["the shop"].rate / each[what].rate for each in rounds]
        spread = f"{median(ratios):.2f}  ({min(ratios):.2f} to {max(ratios):.2f})"
        numbers = (
            f"{median(each[what].rate for each in rounds):,.0f}",
            f"{whole.milliseconds(50):.1f}",
            f"{whole.milliseconds(99):.1f}",
            f"{whole.cpu / len(whole.durations) * 1000:.2f}" if whole.cpu else "",
        )
        print(ROW.format(name, what, *numbers, "" if what == "the shop" else spread))


if __name__ == "__main__":
    main()
