"""Memory that does not grow without end: the newest are kept, and whatever is not finished.

Forgotten are the oldest events with their deliveries, the oldest finished purchases with all that
belongs to them, the oldest intents that nobody has confirmed, and the oldest idempotent answers.
Customers and endpoints stay, products and prices while they are active, and an event while one of
its deliveries is still to be made.
"""

from collections.abc import Callable, Iterable
from itertools import islice

from stripe_sandbox.protocol.idempotency import forget_old
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources.disputes import OPEN
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.tables import Table

_SLACK = 1.1
"""How much more than asked is kept at times: one sweep then serves many requests."""

_IS_FINISHED: dict[str, Callable[[Json], bool]] = {
    "payment_intent": lambda row: row["status"] in {"succeeded", "canceled"},
    "checkout.session": lambda row: row["status"] in {"complete", "expired"},
    "price": lambda row: not row["active"],
    "product": lambda row: not row["active"],
}
_FOLLOW = {
    "charge": ("payment_intent", "payment_intent"),
    "refund": ("payment_intent", "payment_intent"),
    "dispute": ("payment_intent", "payment_intent"),
}
"""What is forgotten when the object is that one of its fields names: (field, kind)."""

_UNDER_WAY = {
    "refund": {"pending", "requires_action"},
    "dispute": OPEN,
}
_UNCONFIRMED = {"requires_payment_method", "requires_confirmation"}
_SOURCES = ("charge", "refund", "dispute")


def prune_at_times(sandbox: Sandbox) -> None:
    """Prune, if so much has changed since the last time that it is worth a look."""
    worth_a_look = int(sandbox.keep_events * (_SLACK - 1))
    if sandbox.changes - sandbox.pruned_at > worth_a_look:
        sandbox.pruned_at = sandbox.changes
        prune(sandbox, sandbox.keep_events)


def prune(sandbox: Sandbox, keep: int) -> None:
    """Keep about `keep` events, and as many finished purchases and idempotent answers."""
    with sandbox.lock:
        if _is_over("event", sandbox, keep):
            _prune_events(sandbox, keep)
        if any(_is_over(kind, sandbox, keep) for kind in _IS_FINISHED):
            _prune_purchases(sandbox, keep)
        _prune_answers(sandbox, keep)


def _prune_answers(sandbox: Sandbox, keep: int) -> None:
    known = sandbox.state.idempotency
    with sandbox.idempotency_lock:
        forget_old(sandbox)
        if len(known) > keep * _SLACK:
            _forget(known, _oldest(known, len(known) - keep))


def _prune_events(sandbox: Sandbox, keep: int) -> None:
    state = sandbox.state
    events = state.tables["event"]
    waiting = {row["event"] for row in state.deliveries.values()}
    gone = [each for each in _oldest(events, len(events) - keep) if each not in waiting]
    deliveries = [one for event in gone for one in sandbox.note(event).get("deliveries", [])]
    for table, ids in (
        (events, gone),
        (state.notes, gone),
        (state.deliveries, deliveries),
        (state.delivered, deliveries),
    ):
        _forget(table, ids)


def _prune_purchases(sandbox: Sandbox, keep: int) -> None:
    tables, notes = sandbox.state.tables, sandbox.state.notes
    disputed = {
        row["payment_intent"]
        for kind, statuses in _UNDER_WAY.items()
        for row in tables.get(kind, Table()).values()
        if row["status"] in statuses
    }
    _prune_unconfirmed(sandbox, keep)
    for kind, is_finished in _IS_FINISHED.items():
        rows = tables.get(kind, Table())
        over = [
            row["id"]
            for row in list(rows.values())[: max(0, len(rows) - keep)]
            if is_finished(row) and row["id"] not in disputed
        ]
        _forget(rows, over)
        _forget(notes, over)
    for kind, (field, parent) in _FOLLOW.items():
        _forget_orphans(sandbox, kind, field, [parent])
    _forget_orphans(sandbox, "balance_transaction", "source", _SOURCES)
    _prune_payment_methods(sandbox, keep)


def _prune_unconfirmed(sandbox: Sandbox, keep: int) -> None:
    """Forget the oldest intents that wait for a confirmation, but those of open sessions."""
    tables = sandbox.state.tables
    sessions = tables.get("checkout.session", Table()).values()
    open_ones = {row["payment_intent"] for row in sessions if row["status"] == "open"}
    rows = tables.get("payment_intent", Table())
    ids = [
        row["id"]
        for row in rows.values()
        if row["status"] in _UNCONFIRMED and row["id"] not in open_ones
    ]
    over = _oldest(ids, len(ids) - keep)
    _forget(rows, over)
    _forget(sandbox.state.notes, over)


def _forget_orphans(sandbox: Sandbox, kind: str, field: str, parents: Iterable[str]) -> None:
    """Forget the objects whose `field` names one of the kinds `parents` that is gone."""
    tables = sandbox.state.tables
    left = set().union(*(tables.get(parent, Table()) for parent in parents))
    orphans = [
        row["id"]
        for row in tables.get(kind, Table()).values()
        if row[field] is not None and row[field] not in left
    ]
    _forget(tables.get(kind, Table()), orphans)
    _forget(sandbox.state.notes, orphans)


def _prune_payment_methods(sandbox: Sandbox, keep: int) -> None:
    """Forget the oldest that no customer and no remembered intent has."""
    tables = sandbox.state.tables
    rows = tables.get("payment_method", Table())
    used = {row["payment_method"] for row in tables.get("payment_intent", Table()).values()}
    over = [
        row["id"]
        for row in list(rows.values())[: max(0, len(rows) - keep)]
        if row["customer"] is None and row["id"] not in used
    ]
    _forget(rows, over)
    _forget(sandbox.state.notes, over)


def _is_over(kind: str, sandbox: Sandbox, keep: int) -> bool:
    return len(sandbox.state.tables.get(kind, ())) > keep * _SLACK


def _oldest(ids: Iterable[str], number: int) -> list[str]:
    return list(islice(ids, max(0, number)))


def _forget(table: Table, ids: list[str]) -> None:
    if ids:
        gone = set(ids)
        table.keep_only(row_id for row_id in list(table) if row_id not in gone)
