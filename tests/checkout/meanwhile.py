"""Let something else happen at a chosen moment: before a statement, or around a call to Stripe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import requests
from sqlalchemy import event

from storefront.db import db
from tests.shop import Shop

# Enough to get into the way of a transaction; whoever waits for its end gets no further by more.
HEAD_START = 0.3
# For somebody whom nothing stops: the longest that a slow machine may take.
UNTIL_IT_IS_DONE = 60


@contextmanager
def before_statement(
    shop: Shop, words: str, act: Callable[[], object], *, head_start: float = HEAD_START
) -> Iterator[list[Future[object]]]:
    """Before the first statement that holds `words`, let `act` run in a thread of its own.

    What it doesn't do within `head_start` seconds, it does beside what it interrupted, or after it.
    Yields the one thing that was begun, to be asked how it went.
    """
    begun: list[Future[object]] = []

    def listen(_: Any, __: Any, statement: str, *___: Any) -> None:
        if words in statement and not begun:
            begun.append(Future())
            begun[0] = pool.submit(act)
            wait(begun, head_start)

    with shop.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        with ThreadPoolExecutor(1) as pool:
            yield begun
    finally:
        event.remove(engine, "before_cursor_execute", listen)


@contextmanager
def around_a_call(
    shop: Shop,
    path: str,
    *,
    before: Callable[[], object] | None = None,
    after: Callable[[], object] | None = None,
) -> Iterator[None]:
    """Let something happen while the next request to `path` travels, or its answer does."""
    works = shop.transport.send

    def send(request: requests.PreparedRequest, *rest: Any, **options: Any) -> requests.Response:
        if path not in (request.url or ""):
            return works(request, *rest, **options)
        shop.transport.send = works  # type: ignore[method-assign]
        if before:
            before()
        answer = works(request, *rest, **options)
        if after:
            after()
        return answer

    shop.transport.send = send  # type: ignore[method-assign]
    try:
        yield
        assert shop.transport.send is works, f"Nobody called {path}."
    finally:
        shop.transport.send = works  # type: ignore[method-assign]


@contextmanager
def calls_to_stripe(shop: Shop) -> Iterator[list[str]]:
    """List the requests to Stripe, such as `POST /v1/refunds`; the sandbox's controls are none."""
    works, made = shop.transport.send, []

    def send(request: requests.PreparedRequest, *rest: Any, **options: Any) -> requests.Response:
        path = request.path_url.split("?")[0]
        if path.startswith("/v1/"):
            made.append(f"{request.method} {path}")
        return works(request, *rest, **options)

    shop.transport.send = send  # type: ignore[method-assign]
    try:
        yield made
    finally:
        shop.transport.send = works  # type: ignore[method-assign]
