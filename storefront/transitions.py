"""How an order changes: by compare-and-set, and never without a line in its history."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import LostRace
from storefront.models import Order, Payment, Transition
from storefront.prepared import Prepared


def change_order(session: Session, order_id: str, version: int, **columns: object) -> None:
    """Change an order that is still as it was read; raises LostRace when it isn't.

    The version guards the order and all its payments: whoever changes one of them comes by here.
    """
    told = {"of_order": order_id, "as_read": version, "version": version + 1, **columns}
    if _ORDER.execute(session, **told) != 1:
        raise LostRace


def note_news(session: Session, payment_id: str | None) -> None:
    """Let pages that show a payment's order ask for it again: there is news that moves nothing.

    It raises the version, too. Whoever moves the order meanwhile loses the race and begins again;
    news about no payment of ours is nobody's.
    """
    if payment_id:
        _ITS_ORDER.execute(session, of_payment=payment_id)


# Of tables and made once: a statement that is built for each event, or goes through the ORM, costs
# more than its execution. The columns that it sets are those that it is told.
_orders, _transitions = cast("Table", Order.__table__), cast("Table", Transition.__table__)
_COLUMNS = ("order_id", "payment_id", "before", "after", "cause", "at")
_ORDER = Prepared(
    update(_orders).where(
        _orders.c.id == bindparam("of_order"), _orders.c.version == bindparam("as_read")
    )
)


def _line(number: int) -> dict[str, Any]:
    return {
        name: bindparam(f"{name}_{number}", type_=_transitions.c[name].type) for name in _COLUMNS
    }


_AT_ONCE = 2  # an event moves a payment and its order; the driver sends one INSERT quicker than two
_LINES = {
    count: Prepared(insert(_transitions).inline().values([_line(line) for line in range(count)]))
    for count in range(1, _AT_ONCE + 1)
}
_of_payment = (
    select(Payment.order_id).where(Payment.id == bindparam("of_payment")).scalar_subquery()
)
_ITS_ORDER = Prepared(
    update(_orders).where(_orders.c.id == _of_payment).values(version=_orders.c.version + 1)
)


class Move(NamedTuple):
    """One change of an order, or of one of its payments."""

    order_id: str
    payment_id: str | None
    before: str | None
    after: str


def record_transitions(session: Session, moves: list[Move], *, cause: str) -> None:
    """Add lines to the history, in the caller's transaction."""
    now = clock.now()
    for begins in range(0, len(moves), _AT_ONCE):
        some = moves[begins : begins + _AT_ONCE]
        told = {
            f"{name}_{line}": value
            for line, move in enumerate(some)
            for name, value in zip(_COLUMNS, (*move, cause, now), strict=True)
        }
        _LINES[len(some)].execute(session, **told)
