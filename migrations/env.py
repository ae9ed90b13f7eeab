"""How Alembic reaches the shop's database: through the running application."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from storefront.columns import UtcDateTime
from storefront.db import db


def run_migrations() -> None:
    """Run what is missing; each migration is one transaction, so a crash leaves none half-done."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            render_item=as_plain_type,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


def as_plain_type(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Write our own column type as the type it is in the database: migrations outlive the code."""
    is_moment = kind == "type" and isinstance(item, UtcDateTime)
    return "sa.DateTime(timezone=True)" if is_moment else False


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: leave out --sql.")
run_migrations()
