"""The sandbox's memory on disk, so that a second start still knows yesterday's payments."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import SERIES, State
from stripe_sandbox.tables import Table
from stripe_sandbox.timing import let_happen

_log = logging.getLogger("stripe_sandbox")
_EVERY = 1.0
_REST = 9
"""How much longer than the saving itself the pause after it is: a large memory takes a while."""

RESERVED = 10**6
"""How many ids a file says were given out beyond those that were: more than before the next one."""


def load(sandbox: Sandbox, path: Path) -> None:
    """Fill the memory from `path`, if it is there. Raises ValueError when it can't be read."""
    if not path.exists():
        return
    try:
        state = State.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (AttributeError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a state file of this sandbox. Remove it.") from error
    # What was in flight when the program ended has no answer to replay.
    rows = state.idempotency.items()
    state.idempotency = Table({key: row for key, row in rows if "status" in row})
    state.deliveries, state.delivered = _numbered(state.deliveries), _numbered(state.delivered)
    sandbox.restore(state)


def save(sandbox: Sandbox, path: Path, reserved: int = 0) -> None:
    """Write the memory to `path`, whole or not at all, readable by its owner only.

    With `reserved`, whoever loads it gives out none of the next so many ids.
    """
    state = sandbox.snapshot().as_json()
    state["counts"] |= {each: state["counts"].get(each, 0) + reserved for each in SERIES}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(_pieces(state, depth=3))
    beside.replace(path)


def _numbered(deliveries: Table) -> Table:
    """Return the deliveries but those of an older sandbox, which kept less of them."""
    return Table({key: row for key, row in deliveries.items() if "number" in row})


def _pieces(value: Any, depth: int) -> Iterator[str]:
    """Yield a value as JSON, row by row: nobody waits for the whole of a large memory."""
    if not depth or not isinstance(value, dict) or not value:
        yield json.dumps(value)
        return
    before = "{"
    for name, inner in value.items():
        yield f"{before}{json.dumps(name)}: "
        yield from _pieces(inner, depth - 1)
        before = ",\n"
    yield "}"


class Clockwork:
    """The background thread that settles and expires in time and saves the memory each second."""

    def __init__(self, sandbox: Sandbox, path: Path | None) -> None:
        self._sandbox = sandbox
        self._path = path
        self._saved = sandbox.changes
        self._next = 0.0
        self._failing: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin, with some ids reserved: a program that is killed gives none out twice."""
        self._try("save", self._save)
        self._thread.start()

    def stop(self) -> None:
        """End, with everything saved. Raises OSError when it can't be."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._path:
            save(self._sandbox, self._path)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            self._try("settle", lambda: let_happen(self._sandbox))
            if self._sandbox.changes != self._saved and time.monotonic() >= self._next:
                self._try("save", self._save)

    def _save(self) -> None:
        changes, begun = self._sandbox.changes, time.monotonic()
        if self._path:
            save(self._sandbox, self._path, RESERVED)
        self._saved, ended = changes, time.monotonic()
        self._next = ended + _REST * (ended - begun)

    def _try(self, what: str, do: Callable[[], None]) -> None:
        """Do it, and go on if it fails: the next time may work. The first failure is logged."""
        try:
            do()
            self._failing.discard(what)
        except Exception:
            if what not in self._failing:
                _log.exception("could_not=%s next=try_again", what)
            self._failing.add(what)
