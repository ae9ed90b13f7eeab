"""Pages: catalogue, product, cart and status, beside an empty view and a static page of their size.

One thread and no socket, so that what is measured is our code, Flask, Jinja and the database. The
yardsticks are views of the shop, too, asked for with the same cookie, so that what surrounds every
answer (cookie, language, headers) is in all of them; the first row tells what that costs beside a
bare Flask application. A page and its yardsticks take turns in short rounds, so that what else the
machine does meets each alike; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import functools
import io
import logging
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, render_template
from jinja2 import Template
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.api import databases, empty_app
from tests.shop import ADDRESS, Shop, Visitor
from tests.statements import statements

ROUNDS, PER_ROUND = 15, 20
ROW = "  {:11} {:18}{:>11}{:>9}{:>9}{:>9}{:>8}{:>15}{:>16}"
HEAD = ("requests/s", "p50 ms", "p99 ms", "queries", "bytes", "of empty view", "of static page")
Ask = Callable[[], tuple[int, bytes]]


@dataclass(slots=True)
class Measured:
    """How long each answer took, and each round of them."""

    durations: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)

    def milliseconds(self, percent: int) -> float:
        """Return the duration that so many of a hundred answers stayed under."""
        return statistics.quantiles(self.durations, n=100)[percent - 1] * 1000

    def ratio(self, yardstick: Measured) -> float:
        """Return what the rate is of another's, in the median of the rounds."""
        pairs = zip(self.rounds, yardstick.rounds, strict=True)
        return statistics.median(other / own for own, other in pairs)


@dataclass(frozen=True, slots=True)
class Page:
    """A page, who asks for it, and with which headers beside the cookie."""

    path: str
    visitor: Visitor
    headers: Mapping[str, str] = field(default_factory=dict)

    def asking(self, path: str | None = None) -> Ask:
        """Return what asks for the page, or for another path in the same way."""
        cookie = self.visitor.client.get_cookie("store", domain="127.0.0.1")
        assert cookie
        headers = {"Cookie": f"store={cookie.value}", **self.headers}
        return asking(self.visitor.shop.app, path or self.path, headers)


def main() -> None:
    """Print a table: each page on each database, and what its rate is of the yardsticks'."""
    logging.disable(logging.WARNING)
    print(ROW.format("", "", *HEAD))
    for name, url in databases():
        with Shop(url) as shop:
            add_yardsticks(shop.app)
            found = pages(shop)
            bare = asking(empty_app(), "/", {})
            empty = found["catalogue"].asking("/empty")
            show((name, "an empty view"), 0, empty(), measured(empty, bare, bare))
            for what, page in found.items():
                ask = page.asking()
                with statements(shop) as sent:
                    answer = ask()
                still = page.asking(f"/static-page/{len(answer[1])}")
                beside = measured(ask, page.asking("/empty"), still)
                show((name, what), len(sent), answer, beside)


def add_yardsticks(app: Flask) -> None:
    """Give the shop a view that does nothing, and one that renders a page of a given size."""

    @functools.cache
    def template(size: int) -> Template:
        return app.jinja_env.from_string("<p>{{ word }}</p>" + "x" * max(0, size - 12))

    app.add_url_rule("/empty", "empty", lambda: "ok")
    app.add_url_rule(
        "/static-page/<int:size>", "still", lambda size: render_template(template(size), word="hi")
    )


def pages(shop: Shop) -> dict[str, Page]:
    """Return the pages, as somebody asks for them who has three things in the cart."""
    visitor, shopper = shop.visitor(), shop.visitor()
    status = f"/orders/{visitor.buy()}/status"
    told = visitor.get(status).headers["ETag"]
    for slug in ("paper-shears", "cedar-pencils", "steel-rule"):
        assert shopper.add(slug).status_code == 303
    return {
        "catalogue": Page("/", shopper),
        "product": Page("/products/paper-shears", shopper),
        "cart": Page("/cart", shopper),
        "status": Page(status, visitor),
        "status, unchanged": Page(status, visitor, {"If-None-Match": told}),
    }


def asking(app: Flask, path: str, headers: Mapping[str, str]) -> Ask:
    """Return what sends a GET to an application, past every socket."""
    environ = EnvironBuilder(path, base_url=ADDRESS, headers=dict(headers)).get_environ()

    def ask() -> tuple[int, bytes]:
        fresh: dict[str, Any] = {**environ, "wsgi.input": io.BytesIO()}
        body, status, _ = run_wsgi_app(app.wsgi_app, fresh, buffered=True)
        return int(status[:3]), b"".join(body)

    return ask


def measured(*asks: Ask) -> list[Measured]:
    """Ask each in turn, in short rounds; the first round warms up and isn't counted."""
    found = [Measured() for _ in asks]
    for number in range(ROUNDS + 1):
        for each, ask in zip(found, asks, strict=True):
            took = [timed(ask) for _ in range(PER_ROUND)]
            if number:
                each.durations += took
                each.rounds.append(sum(took))
    return found


def timed(ask: Ask) -> float:
    """Return how long one answer takes."""
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def show(
    names: tuple[str, str], sent: int, answer: tuple[int, bytes], found: list[Measured]
) -> None:
    """Print a row."""
    status, body = answer
    assert status in {200, 304}, f"{names} was answered {status}."
    own, empty, still = found
    numbers = (
        f"{len(own.durations) / sum(own.durations):,.0f}",
        f"{own.milliseconds(50):.2f}",
        f"{own.milliseconds(99):.2f}",
        str(sent),
        f"{len(body):,}",
        f"{own.ratio(empty):.2f}",
        f"{own.ratio(still):.2f}",
    )
    print(ROW.format(*names, *numbers))


if __name__ == "__main__":
    main()
