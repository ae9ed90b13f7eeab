"""How far a round of work came, so that the next one goes on there.

Rounds are bounded; where there is more to do than fits into one, the rest gets its turn in the
next, however many of the first can't be done at the moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import Session

from storefront.columns import insert_into
from storefront.db import reading, transaction
from storefront.models import Cursor


class Turn(NamedTuple):
    """What a round has to do: by the time since when it waits, and its id."""

    since: datetime
    id: str


def position_of(name: str) -> str:
    """Return where the last round came to; nothing when there was none."""
    with reading() as session:
        position: str | None = session.scalar(select(Cursor.position).where(Cursor.name == name))
    return position or ""


@transaction
def move(session: Session, name: str, *, before: str, after: str) -> None:
    """Put a cursor where a round came to, unless another round has moved it meanwhile.

    That one came at least as far as it says, and what we did beyond is done again, harmlessly.
    """
    if before:
        is_as_read = (Cursor.name == name, Cursor.position == before)
        session.execute(update(Cursor).where(*is_as_read).values(position=after))
    else:
        there = {"name": name, "position": after}
        again = {"index_elements": [Cursor.name], "set_": {"position": after}}
        statement = insert_into(session, Cursor).values(there)
        session.execute(statement.on_conflict_do_update(**again, where=Cursor.position == ""))


def next_in_turn(
    name: str, waiting: Select[Any], by: tuple[Any, Any], *, at_most: int, moves: bool = True
) -> Sequence[str]:
    """Return the ids of those whose turn it is: `waiting` in order, from the cursor on.

    `by` are the columns with the time and the id that they are ordered by. Everybody comes in
    turn: after the last one it begins again with the first. `moves` says whether the cursor does.
    """
    since, id_ = by
    before = position_of(name)
    waiting = waiting.with_only_columns(since, id_).order_by(since, id_)
    with reading() as session:
        after = waiting.where(_is_after(since, id_, before)) if before else waiting
        found = [Turn(*row) for row in session.execute(after.limit(at_most))]
        if before and len(found) < at_most:
            is_before = ~_is_after(since, id_, before)
            rest = waiting.where(is_before).limit(at_most - len(found))
            found += [Turn(*row) for row in session.execute(rest)]
    position = f"{found[-1].since.isoformat()} {found[-1].id}" if len(found) == at_most else ""
    if moves and position != before:
        move(name, before=before, after=position)
    return [turn.id for turn in found]


def _is_after(since: Any, id_: Any, position: str) -> Any:
    moment, last = position.split(" ")
    at = datetime.fromisoformat(moment)
    return or_(since > at, and_(since == at, id_ > last))
