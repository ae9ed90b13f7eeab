"""Everything that a shop has stored, to be compared and searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from storefront.db import Base, reading
from tests.shop import Shop

Dump = dict[str, list[tuple[Any, ...]]]


def dump(shop: Shop) -> Dump:
    """Return every row of every table."""
    with shop.app.app_context(), reading() as session:
        return {
            name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for name, table in Base.metadata.tables.items()
        }


def texts(shop: Shop) -> Iterator[tuple[str, str]]:
    """Yield every stored value as text, with the name of its column."""
    for name, rows in dump(shop).items():
        columns = Base.metadata.tables[name].columns.keys()
        for row in rows:
            for column, value in zip(columns, row, strict=True):
                yield f"{name}.{column}", str(value)
