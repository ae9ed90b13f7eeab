"""How an order changes: by compare-and-set, and never without a line in its history."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import LostRace, rowcount_of
from storefront.models import Order, Payment, Transition


def change_order(session: Session, order_id: str, version: int, **columns: object) -> None:
    """Change an order that is still as it was read; raises LostRace when it isn't.

    The version guards the order and all its payments: whoever changes one of them comes by here.
    """
    statement = _ORDER.values(version=version + 1, **columns)
    told = {"of_order": order_id, "as_read": version}
    if rowcount_of(session.connection().execute(statement, told)) != 1:
        raise LostRace


def note_news(session: Session, payment_id: str | None) -> None:
    """Let pages that show a payment's order ask for it again: there is news that moves nothing.

    It raises the version, too. Whoever moves the order meanwhile loses the race and begins again;
    news about no payment of ours is nobody's.
    """
    if payment_id:
        session.connection().execute(_ITS_ORDER, {"of_payment": payment_id})


_ORDER = update(Order).where(
    Order.id == bindparam("of_order"), Order.version == bindparam("as_read")
)
_ITS_ORDER = (
    update(Order)
    .where(
        Order.id
        == select(Payment.order_id).where(Payment.id == bindparam("of_payment")).scalar_subquery()
    )
    .values(version=Order.version + 1)
)


class Move(NamedTuple):
    """One change of an order, or of one of its payments."""

    order_id: str
    payment_id: str | None
    before: str | None
    after: str


def record_transitions(session: Session, moves: list[Move], *, cause: str) -> None:
    """Add lines to the history, in one statement, in the caller's transaction."""
    if moves:
        now = clock.now()
        lines = [{**move._asdict(), "cause": cause, "at": now} for move in moves]
        session.connection().execute(insert(Transition).values(lines))
