"""How an order changes: by compare-and-set, and never without a line in its history."""

from __future__ import annotations

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import LostRace, rowcount_of
from storefront.models import Order, Transition


def change_order(session: Session, order_id: str, version: int, **columns: object) -> None:
    """Change an order that is still as it was read; raises LostRace when it isn't.

    The version guards the order and all its payments: whoever changes one of them comes by here.
    """
    statement = (
        update(Order)
        .where(Order.id == order_id, Order.version == version)
        .values(version=version + 1, **columns)
        .execution_options(synchronize_session=False)
    )
    if rowcount_of(session.execute(statement)) != 1:
        raise LostRace


def record_transition(
    session: Session,
    *,
    order_id: str,
    payment_id: str | None = None,
    before: str | None,
    after: str,
    cause: str,
) -> None:
    """Add a line to the history of an order, or of one of its payments."""
    session.execute(
        insert(Transition).values(
            order_id=order_id,
            payment_id=payment_id,
            before=before,
            after=after,
            cause=cause,
            at=clock.now(),
        )
    )
