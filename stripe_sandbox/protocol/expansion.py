"""`expand[]`: ids become the objects they name, down to four levels."""

from collections.abc import Callable
from typing import Any

from stripe_sandbox.protocol.errors import invalid
from stripe_sandbox.protocol.shapes import Json, expandable_in
from stripe_sandbox.storage import Storage

_DEEPEST = 4

lists_within: dict[tuple[str, str], Callable[[Storage, Json], Json]] = {}
"""(object, field) → the list that appears there only when it is expanded."""

as_read: dict[str, Callable[[Storage, Json], Json]] = {}
"""By the kind of object, what it looks like when it is read: what time alone changes."""


def expanded(storage: Storage, result: Json, paths: list[str]) -> Json:
    """Return `result` with every path expanded; raise 400 for one that can't be."""
    for path in paths:
        steps = path.split(".")
        depth = len(steps) - (steps[0] == "data")
        if depth > _DEEPEST:
            raise invalid(
                f"You cannot expand more than {_DEEPEST} levels of a property (property: {path}).",
                "expand",
            )
        result = _expand(storage, result, steps, path, result.get("object", ""))
    return result


def _expand(  # noqa: PLR0917
    storage: Storage, value: Any, steps: list[str], path: str, shape: str
) -> Any:
    """Return `value` with what `steps` name expanded below it. Replaces, never mutates."""
    if not steps or value is None:
        return value
    if isinstance(value, list):
        return [_expand(storage, one, steps, path, _shape(one, shape)) for one in value]
    step, rest = steps[0], steps[1:]
    if not isinstance(value, dict):
        raise _refused(path)
    fields = expandable_in(shape)
    if (shape, step) in lists_within:
        inner = value.get(step) or lists_within[shape, step](storage, value)
    elif step in fields:
        inner = _object_behind(storage, value.get(step), fields[step])
    elif rest and step in value:
        inner = value[step]
    else:
        raise _refused(path)
    below = _shape(inner, f"{shape}.{step}")
    return {**value, step: _expand(storage, inner, rest, path, below)}


def _object_behind(storage: Storage, value: Any, kind: str) -> Any:
    if not isinstance(value, str):
        return value
    if kind:
        row = storage.find(kind, value)
        return as_read[kind](storage, row) if row and kind in as_read else row or value
    found = (rows.get(value) for rows in storage.state.tables.values())
    return next((row for row in found if row), value)


def _shape(value: Any, otherwise: str) -> str:
    named = value.get("object") if isinstance(value, dict) else None
    return named if isinstance(named, str) else otherwise


def _refused(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", "expand")
