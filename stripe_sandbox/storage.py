"""The sandbox's memory: plain data, ids, a clock and one lock.

Objects are kept exactly as the API shows them, by kind and id. A stored object is replaced, never
mutated: so an event may hold the object itself, and a snapshot copies tables, not objects.
"""

import random
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stripe_sandbox.protocol.errors import missing
from stripe_sandbox.protocol.shapes import Json

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass
class State:
    """Everything that a restart must not lose. All of it is JSON."""

    tables: dict[str, dict[str, Json]] = field(default_factory=dict)
    notes: dict[str, Json] = field(default_factory=dict)
    """What the sandbox remembers about an object and the API does not show."""
    idempotency: dict[str, Json] = field(default_factory=dict)
    deliveries: dict[str, Json] = field(default_factory=dict)
    """Those that still have to be made; the made ones move to `delivered`."""
    delivered: dict[str, Json] = field(default_factory=dict)
    clock_offset: float = 0
    is_held: bool = False

    def copy(self) -> "State":
        """Return a copy that later changes to this state leave alone."""
        return State(
            tables={kind: dict(rows) for kind, rows in self.tables.items()},
            notes=dict(self.notes),
            idempotency=dict(self.idempotency),
            deliveries=dict(self.deliveries),
            delivered=dict(self.delivered),
            clock_offset=self.clock_offset,
            is_held=self.is_held,
        )


class Storage:
    """State with the few ways to touch it. Hold `lock` around what reads and then writes."""

    def __init__(self, clock: Callable[[], float], seed: int | None) -> None:
        self.state = State()
        self.lock = threading.RLock()
        self.idempotency_lock = threading.Lock()
        self.changes = 0
        self._clock = clock
        self._random = random.Random(seed) if seed is not None else None  # noqa: S311 - on request

    def now(self) -> int:
        """Return the sandbox's time in whole seconds."""
        return int(self.time())

    def time(self) -> float:
        """Return the sandbox's time: the injected clock plus what it was advanced by."""
        return self._clock() + self.state.clock_offset

    def new_id(self, prefix: str, length: int = 24) -> str:
        """Return an id no one has; the same series every time when a seed was given."""
        choose = self._random.choice if self._random else secrets.choice
        return prefix + "".join(choose(_ALPHABET) for _ in range(length))

    def put(self, row: Json) -> Json:
        """Keep an object under its kind and id, in place of what was there."""
        self.state.tables.setdefault(row["object"], {})[row["id"]] = row
        self.changes += 1
        return row

    def change(self, row: Json, **fields: Any) -> Json:
        """Replace an object by one with other `fields`; return the new one."""
        return self.put({**row, **fields})

    def find(self, kind: str, object_id: str | None) -> Json | None:
        """Return an object or None."""
        return self.state.tables.get(kind, {}).get(object_id or "")

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
        """Return a copy of the state to `restore` later. Costs no more than the tables' keys."""
        with self.lock:
            return self.state.copy()

    def restore(self, snapshot: State) -> None:
        """Go back to a snapshot, which stays usable."""
        with self.lock:
            self.state = snapshot.copy()
            self.changes += 1


_SAID = {"payment_method": "PaymentMethod"}
