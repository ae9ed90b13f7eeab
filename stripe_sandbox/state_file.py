"""The sandbox's memory on disk, so that a second start still knows yesterday's payments."""

import json
import os
import threading
from pathlib import Path

from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import State
from stripe_sandbox.tables import Table
from stripe_sandbox.timing import let_happen

_EVERY = 1.0


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
    sandbox.restore(state)


def save(sandbox: Sandbox, path: Path) -> None:
    """Write the memory to `path`, whole or not at all, readable by its owner only."""
    text = json.dumps(sandbox.snapshot().as_json())
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(path)


class Clockwork:
    """The background thread that settles and expires in time and saves the memory each second."""

    def __init__(self, sandbox: Sandbox, path: Path | None) -> None:
        self._sandbox = sandbox
        self._path = path
        self._saved = sandbox.changes
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
        changes = self._sandbox.changes
        if self._path and changes != self._saved:
            save(self._sandbox, self._path)
            self._saved = changes

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            let_happen(self._sandbox)
            self.save_if_changed()
