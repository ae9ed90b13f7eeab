"""One running sandbox: its memory, its deliveries, and what was asked to go wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from stripe_sandbox.deliveries import Deliveries, Send
from stripe_sandbox.faults import Faults
from stripe_sandbox.listeners import Listeners
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.rules import Rules
from stripe_sandbox.storage import State, Storage
from stripe_sandbox.tables import Table

API_VERSION = "2026-10-28.endive"

SETTLE_AFTER = 5.0
"""Seconds until it is known if a debit or a refund to a bank has worked. Stripe's take days."""

KEEP_EVENTS = 5000
"""How many events are remembered, and how many finished purchases."""

_REMEMBERED = 500
_NO_REQUEST: Json = {"id": None, "idempotency_key": None}


class Sandbox(Storage):
    """What every part of the program is handed. Public functions take its `lock` themselves."""

    def __init__(  # noqa: PLR0913 - `create_sandbox` has the defaults
        self,
        *,
        clock: Callable[[], float],
        seed: int | None,
        send: Send,
        retry_factor: float,
        public_url: str,
        settle_after: float = SETTLE_AFTER,
        keep_events: int = KEEP_EVENTS,
        deliveries_at_once: int = 1,
    ) -> None:
        super().__init__(clock, seed)
        self.public_url = public_url.rstrip("/")
        self.settle_after = settle_after
        self.keep_events = keep_events
        self.listeners = Listeners()
        self.rules = Rules(self)
        self.faults = Faults(self.rules)
        self.deliveries = Deliveries(
            self,
            send=send,
            listeners=self.listeners,
            rules=self.rules,
            retry_factor=retry_factor,
            breadth=deliveries_at_once,
        )
        self.pruned_at = 0
        """After how many changes there was last a look at what can be forgotten."""
        self.cause = _NO_REQUEST
        self.requests: dict[str, Json] = {}
        self.keys_in_flight: set[str] = set()
        """The idempotency keys of the requests that are being answered."""

    @contextmanager
    def caused_by(self, request_id: str, idempotency_key: str | None) -> Iterator[None]:
        """Hold the lock; events that are made meanwhile name this request as their cause."""
        with self.lock:
            self.cause = {"id": request_id, "idempotency_key": idempotency_key}
            try:
                yield
            finally:
                self.cause = _NO_REQUEST

    @contextmanager
    def uncaused(self) -> Iterator[None]:
        """Let what happens meanwhile be no request's doing, and stay if one is refused.

        Hold the lock, and begin with it: what the request has done so far stays as well.
        """
        cause, self.cause = self.cause, _NO_REQUEST
        try:
            with self.by_itself():
                yield
            self.keep_so_far()
        finally:
            self.cause = cause

    def remember_request(self, request_id: str, **fields: Any) -> None:
        """Keep what was asked and answered, for the page behind an error's request_log_url."""
        with self.lock:
            self.requests[request_id] = {"id": request_id, "at": self.time(), **fields}
            while len(self.requests) > _REMEMBERED:
                del self.requests[next(iter(self.requests))]

    def reset(self) -> None:
        """Forget everything but the webhook endpoints and their secrets; a seed starts over."""
        with self.lock:
            endpoints = self.state.tables.get("webhook_endpoint", Table())
            notes = {each: self.note(each) for each in endpoints}
            ids = max((note.get("ids", 0) for note in notes.values()), default=0)
            self.restore(State(tables={"webhook_endpoint": endpoints}, notes=Table(notes)))
            self.state.counts["ids"] = ids  # theirs are not given out again
            self.requests = {}
            self.deliveries.wake()
