"""The sandbox's memory: plain data, ids, a clock and one lock.

Objects are kept exactly as the API shows them, by kind and id. A stored object is replaced, never
mutated: so an event may hold the object itself, and a snapshot shares tables until they change.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from http import HTTPStatus
from typing import Any

from stripe_sandbox.protocol.errors import StripeError, missing
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.tables import Table

SERIES = ("ids", "ids by itself", "requests")
"""What ids are drawn from: by requests, by what happens by itself, and those of requests."""

_DECLINED = HTTPStatus.PAYMENT_REQUIRED
_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHARACTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


@dataclass
class State:
    """Everything that a restart must not lose. All of it is JSON."""

    tables: dict[str, Table] = field(default_factory=dict)
    notes: Table = field(default_factory=Table)
    """What the sandbox remembers about an object and the API does not show."""
    idempotency: Table = field(default_factory=Table)
    deliveries: Table = field(default_factory=Table)
    """Those that still have to be made; the made ones move to `delivered`."""
    delivered: Table = field(default_factory=Table)
    scheduled: Table = field(default_factory=Table)
    """What happens by itself later, by the object that it happens to."""
    rules: Table = field(default_factory=Table)
    """What was asked to go wrong."""
    counts: Table = field(default_factory=Table)
    """How many ids, rules and the like there have been, so that a seed's series goes on."""
    clock_offset: float = 0
    is_held: bool = False

    @classmethod
    def from_json(cls, kept: Json) -> "State":
        """Return the state that `as_json` described. Raises TypeError for anything else."""
        known: Json = {name: _read(name, value) for name, value in kept.items()}
        return cls(**known)

    def as_json(self) -> Json:
        """Return the state for a file."""
        return {each.name: _written(getattr(self, each.name)) for each in fields(self)}

    def of_objects(self) -> list[Table]:
        """Return the tables that a request changes. Counts aren't: no id is given out twice."""
        others = (self.notes, self.deliveries, self.delivered, self.scheduled, self.rules)
        return [*self.tables.values(), *others]

    def copy(self) -> "State":
        """Return a copy that later changes to this state leave alone. Costs microseconds."""
        return State(**{each.name: _forked(getattr(self, each.name)) for each in fields(self)})


class Storage:
    """State with the few ways to touch it. Hold `lock` around what reads and then writes."""

    def __init__(self, clock: Callable[[], float], seed: int | None) -> None:
        self.state = State()
        self.lock = threading.RLock()
        self.idempotency_lock = threading.Lock()
        self.changes = 0
        self._counting = threading.Lock()
        self._clock = clock
        self._seed = seed
        self._series = "ids"
        self._is_trying = False

    def now(self) -> int:
        """Return the sandbox's time in whole seconds."""
        return int(self.time())

    def time(self) -> float:
        """Return the sandbox's time: the injected clock plus what it was advanced by."""
        return self._clock() + self.state.clock_offset

    def new_id(self, prefix: str, length: int = 24) -> str:
        """Return an id no one has; the same series every time when a seed was given."""
        return prefix + self._numbered_bytes(self._series, length).translate(_CHARACTERS).decode()

    def new_request_id(self) -> str:
        """Return the id of a request, from a series of its own: other threads draw ids too."""
        return "req_" + self._numbered_bytes("requests", 14).translate(_CHARACTERS).decode()

    def chance(self, *about: str) -> float:
        """Return a number from 0 up to 1; with a seed the same one about the same in every run."""
        return int.from_bytes(self._bytes(6, "chance", *about), "big") / 2**48

    @contextmanager
    def by_itself(self) -> Iterator[None]:
        """Draw ids from another series: of what happens whenever somebody looks. Hold the lock."""
        before, self._series = self._series, "ids by itself"
        try:
            yield
        finally:
            self._series = before

    @contextmanager
    def tried(self) -> Iterator[None]:
        """Undo what the block did if it raises; a declined payment stays. Hold the lock."""
        self._is_trying = True
        self._each_table(Table.begin)
        try:
            yield
        except Exception as error:
            if not (isinstance(error, StripeError) and error.status == _DECLINED):
                self._each_table(Table.undo)
            raise
        finally:
            self._is_trying = False
            self._each_table(Table.end)

    def keep_so_far(self) -> None:
        """Let what was done so far stay, whatever comes of what is tried. Hold the lock."""
        if self._is_trying:
            self._each_table(Table.begin)

    def count(self, what: str) -> int:
        """Return how many of these there have been, this one included."""
        with self._counting:  # not the lock: a request gets its id while another one executes
            number: int = self.state.counts.get(what, 0) + 1
            self.state.counts[what] = number
            return number

    def put(self, row: Json) -> Json:
        """Keep an object under its kind and id, in place of what was there."""
        kind = row["object"]
        rows = self.state.tables.get(kind)
        if rows is None:
            rows = self.state.tables[kind] = Table()
            if self._is_trying:
                rows.begin()
        rows[row["id"]] = row
        self.changes += 1
        return row

    def change(self, row: Json, **fields: Any) -> Json:
        """Replace an object by one with other `fields`; return the new one."""
        return self.put({**row, **fields})

    def find(self, kind: str, object_id: str | None) -> Json | None:
        """Return an object or None."""
        rows = self.state.tables.get(kind)
        row: Json | None = rows.get(object_id or "") if rows else None
        return row

    def get(self, kind: str, object_id: str, *, param: str = "id") -> Json:
        """Return an object, or raise Stripe's 404 that blames `param`."""
        row = self.find(kind, object_id)
        if row is None:
            raise missing(_SAID.get(kind, kind), object_id, param)
        return row

    def remove(self, kind: str, object_id: str) -> None:
        """Forget an object."""
        del self.state.tables[kind][object_id]
        self.changes += 1

    def newest_first(self, kind: str) -> Iterator[Json]:
        """Yield the objects of a kind, the latest created first."""
        yield from reversed(list(self.state.tables.get(kind, {}).values()))

    def note(self, object_id: str, **fields: Any) -> Json:
        """Remember something about an object that the API does not show; return all of it."""
        row = {**self.state.notes.get(object_id, {}), **fields}
        if fields:
            self.state.notes[object_id] = row
            self.changes += 1
        return row

    def snapshot(self) -> State:
        """Return a copy of the state to `restore` later. Costs microseconds."""
        with self.lock, self._counting:
            return self.state.copy()

    def restore(self, snapshot: State) -> None:
        """Go back to a snapshot, which stays usable."""
        with self.lock, self._counting:
            self.state = snapshot.copy()
            self.changes += 1

    def _each_table(self, do: Callable[[Table], None]) -> None:
        for table in self.state.of_objects():
            do(table)

    def _numbered_bytes(self, series: str, length: int) -> bytes:
        number = "" if self._seed is None else str(self.count(series))
        return self._bytes(length, series, number)

    def _bytes(self, length: int, *about: str) -> bytes:
        if self._seed is None:
            return os.urandom(length)
        text = " ".join([str(self._seed), *about])
        return hashlib.shake_128(text.encode(), usedforsecurity=False).digest(length)


def _read(name: str, value: Any) -> Any:
    if name == "tables":
        return {kind: Table(rows) for kind, rows in value.items()}
    return Table(value) if isinstance(value, dict) else value


def _forked(value: Any) -> Any:
    if isinstance(value, dict):
        return {kind: rows.fork() for kind, rows in value.items()}
    return value.fork() if isinstance(value, Table) else value


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {kind: rows.as_dict() for kind, rows in value.items()}
    return value.as_dict() if isinstance(value, Table) else value


_SAID = {"payment_method": "PaymentMethod"}
