"""Lists: newest first, by cursor."""

from collections.abc import Callable, Iterable
from itertools import islice

from stripe_sandbox.protocol.errors import invalid, missing
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.storage import Storage

_DEFAULT, _MOST = 10, 100
_CURSORS = ("starting_after", "ending_before")


def listed(
    storage: Storage,
    kind: str,
    params: Json,
    url: str,
    *,
    filters: Iterable[str] = (),
    matches: Callable[[Json], bool] = bool,
) -> Json:
    """Return one page of a kind's objects, without the deleted ones.

    Of those only whose fields equal the parameters named in `filters`, and that `matches` takes.
    """
    wanted = [(name, params[name]) for name in filters if name in params]
    rows = (
        row
        for row in storage.newest_first(kind)
        if not row.get("deleted")
        and all(row[name] == value for name, value in wanted)
        and matches(row)
    )
    return page(rows, params, url, kind=kind)


def check_limit(params: Json) -> int:
    """Return how many objects a page has; raise 400 outside 1 to 100."""
    limit: int = params.get("limit", _DEFAULT)
    if not 1 <= limit <= _MOST:
        bound = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
        raise invalid(
            f"This value must be {bound} (it currently is '{limit}').",
            "limit",
            "parameter_invalid_integer",
        )
    return limit


def page(rows: Iterable[Json], params: Json, url: str, *, kind: str = "object") -> Json:
    """Return one page of `rows`, which come newest first.

    Reads limit, starting_after, ending_before and created; raises 400 for a limit outside 1 to 100
    and for a cursor that names nothing in the list.
    """
    limit = check_limit(params)
    if all(params.get(cursor) for cursor in _CURSORS):
        raise invalid(
            "You can only use one of starting_after and ending_before.",
            "ending_before",
            "parameters_exclusive",
        )
    found, has_more = _window(
        (row for row in rows if _is_created_within(row, params.get("created"))),
        params,
        limit,
        kind,
    )
    return {"object": "list", "data": found, "has_more": has_more, "url": url}


def _window(rows: Iterable[Json], params: Json, limit: int, kind: str) -> tuple[list[Json], bool]:
    if cursor := params.get("ending_before"):
        found = list(rows)
        before = found[: _position(found, cursor, "ending_before", kind)]
        return before[-limit:], len(before) > limit
    if cursor := params.get("starting_after"):
        found = list(rows)
        rows = found[_position(found, cursor, "starting_after", kind) + 1 :]
    some = list(islice(rows, limit + 1))
    return some[:limit], len(some) > limit


def _position(rows: list[Json], cursor: str, param: str, kind: str) -> int:
    for index, row in enumerate(rows):
        if row["id"] == cursor:
            return index
    raise missing(kind, cursor, param, 400)


def _is_created_within(row: Json, wanted: Json | int | None) -> bool:
    if wanted is None:
        return True
    created = int(row.get("created", 0))
    if isinstance(wanted, int):
        return created == wanted
    return bool(
        created >= wanted.get("gte", created)
        and created <= wanted.get("lte", created)
        and created > wanted.get("gt", created - 1)
        and created < wanted.get("lt", created + 1)
    )
