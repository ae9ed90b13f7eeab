"""The sandbox's memory on disk, so that a second start still knows yesterday's payments."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import State
from stripe_sandbox.tables import Table
from stripe_sandbox.timing import let_happen

_EVERY = 1.0
_REST = 9
"""How much longer than the saving itself the pause after it is: a large memory takes a while."""


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


def save(sandbox: Sandbox, path: Path) -> None:
    """Write the memory to `path`, whole or not at all, readable by its owner only."""
    state = sandbox.snapshot().as_json()
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
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, with everything saved."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.save_if_changed()

    def save_if_changed(self) -> None:
        """Save, unless nothing has happened since the last time."""
        changes, begun = self._sandbox.changes, time.monotonic()
        if self._path and changes != self._saved:
            save(self._sandbox, self._path)
            self._saved = changes
            ended = time.monotonic()
            self._next = ended + _REST * (ended - begun)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            let_happen(self._sandbox)
            if time.monotonic() >= self._next:
                self.save_if_changed()
