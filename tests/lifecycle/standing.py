"""Where a shop stands: everything that follows from what Stripe told, and nothing of how it went.

Left out are versions, the moments of writing, names drawn by chance, and the history, which do
depend on the way there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Table, delete, select, update

from storefront.db import Base, reading, writing
from storefront.models import (
    Attention,
    Dispute,
    Order,
    OutboxCall,
    Payment,
    Product,
    Refund,
    StripeEvent,
    Transition,
)
from tests.shop import Shop

Rows = Sequence[Row[Any]]
Standing = dict[str, set[tuple[tuple[str, str], ...]]]
CHANGED = (Product, Order, Payment)
GROWING = (StripeEvent, Transition, Attention, OutboxCall, Refund, Dispute)
OF_THE_WAY = {
    "id", "version", "updated_at", "created_at", "opened_at", "at",
    "attempts", "next_try_at", "last_error", "done_at", "arguments", "idempotency_key",
}  # fmt: skip


def standing(shop: Shop) -> Standing:
    """Return what must be the same however the same events were dealt."""
    tables = (Product, Order, Payment, Attention, OutboxCall, Refund, Dispute)
    return {
        model.__tablename__: {_facts(model, row) for row in _rows(shop, model)} for model in tables
    }


def inbox(shop: Shop) -> dict[str, str]:
    """Return the outcome of every event in the ledger, by the event's id."""
    return {row.id: row.outcome for row in _rows(shop, StripeEvent)}


class Bookmark:
    """A moment to which the database can be wound back, much faster than a new one is made."""

    def __init__(self, shop: Shop) -> None:
        """Remember now."""
        self._shop = shop
        self._rows = {model: _rows(shop, model) for model in (*CHANGED, *GROWING)}

    def go_back(self) -> None:
        """Make everything as it was."""
        with self._shop.app.app_context(), writing() as session:
            for model in GROWING:
                ids = [row.id for row in self._rows[model]]
                session.execute(delete(model).where(_table(model).c.id.not_in(ids)))
            for model in CHANGED:
                table = _table(model)
                now = session.execute(select(table)).all()
                for row in (each for each in self._rows[model] if each not in now):
                    session.execute(
                        update(table).where(table.c.id == row.id).values(**row._asdict())
                    )


def _rows(shop: Shop, model: type[Base]) -> Rows:
    with shop.app.app_context(), reading() as session:
        return session.execute(select(_table(model))).all()


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _facts(model: type[Base], row: Row[Any]) -> tuple[tuple[str, str], ...]:
    hidden = OF_THE_WAY - ({"id"} if model in CHANGED else set())
    return tuple((name, repr(value)) for name, value in row._asdict().items() if name not in hidden)
