"""What happens by itself later: debits that settle, refunds that arrive, disputes that run out.

A resource registers in `handlers` what happens to its kind of object, and schedules each. The
program's clockwork, an advance of the clock and most reads of what may have changed call
`settle_due`; nothing happens in between.
"""

from collections.abc import Callable

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.sandbox import Sandbox

handlers: dict[str, Callable[[Sandbox, Json], object]] = {}
"""By the kind of object, what happens to it when its time has come."""


def schedule(sandbox: Sandbox, row: Json, *, after: float) -> None:
    """Have something happen to an object `after` seconds, in place of what was scheduled for it."""
    due_at = sandbox.time() + after
    sandbox.state.scheduled[row["id"]] = {"due_at": due_at, "kind": row["object"]}
    sandbox.changes += 1


def unschedule(sandbox: Sandbox, object_id: str) -> None:
    """Let nothing happen to an object by itself any more."""
    if sandbox.state.scheduled.get(object_id):
        del sandbox.state.scheduled[object_id]
        sandbox.changes += 1


def settle_due(sandbox: Sandbox) -> None:
    """Let everything happen whose time has come, the earliest first, as no request's doing."""
    if not sandbox.state.scheduled:
        return
    with sandbox.lock, sandbox.uncaused():
        while object_id := _next_due(sandbox):
            kind = sandbox.state.scheduled[object_id]["kind"]
            unschedule(sandbox, object_id)
            if row := sandbox.find(kind, object_id):
                handlers[kind](sandbox, row)


def _next_due(sandbox: Sandbox) -> str | None:
    now = sandbox.time()
    due = [
        (row["due_at"], object_id)
        for object_id, row in sandbox.state.scheduled.items()
        if row["due_at"] <= now
    ]
    return min(due, key=lambda one: float(one[0]))[1] if due else None
