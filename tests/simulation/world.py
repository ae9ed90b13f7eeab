"""The shop, the sandbox, the network between them, and their moments at which anything can happen.

Built once per process and set back to an opening before each schedule. Between two moments nobody
else has a turn; a moment lies before and after every call to Stripe and every transaction, and
around every request, and never inside a transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import requests
from sqlalchemy import Connection, event
from werkzeug.test import TestResponse

from storefront.breaker import Breaker
from storefront.config.reading import rates
from storefront.connections import sqlite_module
from storefront.db import db
from storefront.events import HEARD
from tests.shop import Shop, demo_settings
from tests.simulation.browser import Browser, Memory
from tests.simulation.company import TurnTakingGroup
from tests.simulation.dice import Dice, ScriptedDice
from tests.simulation.hazards import Hazards
from tests.simulation.invariants import Broken, Watch
from tests.simulation.openings import OPENINGS, Opening, copies
from tests.simulation.outside import Urn, name_products, replaced
from tests.simulation.schedule import Kept, Schedule
from tests.simulation.scheduler import Killed, Scheduler, current_actor

T = TypeVar("T")
# What the shop reads. A shop that asks for every event gets many that say nothing to it.
LISTENED = list(HEARD)
OF_OPENINGS = -1
DEBITS_TAKE = 24 * 3600
UNCOUNTED = rates({}, "", "1000000 per second")


class World(Shop):
    """A `tests.shop.Shop` whose actors take turns."""

    def __init__(self, database: Path) -> None:
        """Take over a migrated and seeded database file; it is written to."""
        url = f"sqlite:///{database}"
        api = replace(
            demo_settings(url, "whsec_unused").api,
            payment_limits=UNCOUNTED,
            payment_address_limits=UNCOUNTED,
        )
        super().__init__(url, currency="eur", log_level="CRITICAL", api=api)
        self._sqlite = sqlite_module()
        self._writer = self._sqlite.connect(str(database), isolation_level=None)
        self.watch = Watch(self._sqlite.connect(f"file:{database}?mode=ro", uri=True), self.sandbox)
        self.urn = Urn()
        self._outside = replaced(self.urn, self._nap)
        self._works = self.transport.send
        self.transport.send = self._call  # type: ignore[method-assign]
        group = TurnTakingGroup(self._wait_until)
        self.app.extensions |= {"write_queue": self, "group_commit": group}
        self._is_writing = self._has_committed = False
        with self.app.app_context():
            self.engine = db.engine
        event.listen(self.engine, "connect", _trust_the_disk)
        event.listen(self.engine, "commit", self._commit)
        [endpoint] = self.at_stripe("webhook_endpoint")
        self.endpoint = self.sandbox.change(endpoint, enabled_events=LISTENED)
        self.sandbox.deliveries.hold()
        self.sandbox.settle_after = DEBITS_TAKE
        name_products(self._writer)
        self._empty = self.keep()
        self._openings: dict[str, Opening] = {}
        self.browsers: list[Browser] = []
        self.begin(ScriptedDice([]), self._empty, seed=OF_OPENINGS)

    def close(self) -> None:
        """Give back what was replaced."""
        self._outside.close()
        self.watch.close()
        self._writer.close()
        self.__exit__(None, None, None)

    def begin(
        self, dice: Dice, kept: Kept, *, seed: int, switches: int | None = None, **hazards: Any
    ) -> Schedule:
        """Set everything back to a moment that was kept, for another schedule."""
        kept.books.backup(self._writer)
        self.sandbox.restore(kept.state)
        self.sandbox.requests.clear()
        self.sandbox._seed = seed
        self.now = kept.now
        self.urn.refill(seed)
        gateway = self.app.extensions["gateway"]
        gateway._breaker = Breaker(self.clock, threads=self.settings.threads)
        self.watch.begin()
        scheduler = Scheduler(dice, clock=self.clock, most_switches=switches)
        self.schedule = Schedule(dice, Hazards(dice, **hazards), scheduler)
        return self.schedule

    def open(self, name: str, dice: Dice, *, seed: int, **options: Any) -> Schedule:
        """Begin a schedule at an opening."""
        opening = self._openings.get(name) or self._acted_out(name)
        schedule = self.begin(dice, opening.kept, seed=seed, **options)
        self.browsers = copies(self, opening.memories)
        return schedule

    def visitor_called(self, name: str) -> Browser:
        """Return somebody new with a browser."""
        return Browser(self, Memory(name))

    def _acted_out(self, name: str) -> Opening:
        self.begin(ScriptedDice([]), self._empty, seed=OF_OPENINGS)
        self.browsers = []
        OPENINGS[name](self)
        memories = tuple(browser.memory.copied() for browser in self.browsers)
        return self._openings.setdefault(name, Opening(self.keep(), memories))

    def keep(self) -> Kept:
        """Keep this moment."""
        books = self._sqlite.connect(":memory:")
        self._writer.backup(books)
        return Kept(books, self.sandbox.snapshot(), self.now)

    def tamper(self, statement: str) -> None:
        """Change the database behind the shop's back; what is watched begins anew."""
        self._writer.execute(statement)
        self.watch.begin()

    def moment(self, label: str) -> None:
        """Let others go first, and perhaps kill the process that the current actor is served by."""
        self.now += self.schedule.hazards.tick()
        self.schedule.scheduler.pause(label)
        self._perhaps_kill()

    def served(self, label: str, call: Callable[[], T]) -> T | None:
        """Let a process of the shop do something; None when nobody hears how it went."""
        actor = current_actor()
        if actor is None:
            return call()
        actor.is_served = True
        try:
            self.schedule.scheduler.pause(label)
            answer = call()
        except Killed:
            return None
        finally:
            actor.is_served = actor.is_killed = False
        if self.schedule.hazards.has_loss():
            self.schedule.scheduler.note("the answer is lost")
            return None
        return answer

    def wait(self, seconds: float) -> None:
        """Let time pass, between requests: none of them takes that long."""
        scheduler = self.schedule.scheduler
        scheduler.wait_until(lambda: not scheduler.are_others_served(), "waits for requests to end")
        self.schedule.scheduler.note(f"{seconds} s pass")
        super().wait(seconds)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Stand in for the queue of writers: here, nobody is ever waiting."""
        self.moment("is about to write")
        assert not self._is_writing, "Two transactions at once: the simulation switched inside one."
        self._is_writing, self._has_committed = True, False
        try:
            yield
        finally:
            self._is_writing = False
        if self._has_committed:
            self.check()
            self.moment("has written")

    def check(self) -> None:
        """Check what must hold after every commit."""
        if broken := self.watch.broken(self.schedule.forged):
            raise Broken(broken)

    def _commit(self, connection: Connection) -> None:
        """Kill just before the commit, perhaps: the connection is gone then, and rolled back."""
        try:
            self._perhaps_kill(" before the commit")
        except Killed:
            connection.invalidate()
            raise
        self._has_committed = True

    def _perhaps_kill(self, when: str = "") -> None:
        actor = current_actor()
        if actor is None or not actor.is_served or self.schedule.scheduler.is_over:
            return
        if actor.is_killed or self.schedule.hazards.has_crash():
            actor.is_killed = True
            self.schedule.scheduler.note(f"is killed{when}")
            raise Killed

    def _call(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Carry one request to Stripe. I3: no transaction is open then."""
        path = request.path_url.split("?")[0]
        if self._is_writing or self.engine.pool.checkedout():  # type: ignore[attr-defined]
            raise Broken(f"I3: {request.method} {path} is sent while a transaction is open.")
        self.moment(f"asks Stripe {request.method} {path}")
        if fault := self.schedule.hazards.fault():
            self.sandbox.faults.add("/v1/", fault)
            self.schedule.scheduler.note(f"the network or Stripe fails: {fault}")
        answer = self._works(request)
        self.moment(f"Stripe answers {answer.status_code}")
        return answer

    def _wait_until(self, is_so: Callable[[], bool], label: str) -> None:
        self.schedule.scheduler.wait_until(is_so, label)

    def _nap(self, seconds: float) -> None:
        self.now += round(seconds)
        self.schedule.scheduler.pause("naps")

    def _send(self, _: str, headers: dict[str, str], body: bytes) -> int:
        answer = self.served(
            f"Stripe delivers {_name_of(body)}",
            lambda: self.post(body, signature=headers["Stripe-Signature"]),
        )
        return self.noted(answer, body)

    def post(self, body: bytes, *, signature: str | None = None) -> TestResponse:
        """POST `body` to the webhook, and let the shop do what it does after its answer."""
        answer = super().post(body, signature=signature)
        answer.get_data()
        answer.close()
        return answer

    def noted(self, answer: TestResponse | None, body: bytes) -> int:
        """Note what a delivery was answered; raises when it wasn't."""
        if answer is None:
            raise ConnectionError
        outcome = (answer.json or {}).get("outcome", answer.status_code)
        self.schedule.scheduler.note(f"the shop answers {outcome}")
        self.schedule.seen[f"delivery {outcome}"] += 1
        if answer.status_code == 200:
            self.schedule.acknowledged[_event_id(body)] += 1
        elif answer.status_code != 503:
            raise Broken(f"L1: {_name_of(body)} is answered {answer.status_code}: {answer.text}")
        return answer.status_code


def _trust_the_disk(connection: Any, _: object) -> None:
    """Don't wait for the disk: no power is lost here, and nothing else than time depends on it."""
    connection.execute("PRAGMA synchronous=OFF")


def _event_id(body: bytes) -> str:
    return str(json.loads(body)["id"])


def _name_of(body: bytes) -> str:
    event = json.loads(body)
    return f"{event['type']} {event['id']}"
