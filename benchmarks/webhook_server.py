"""What gunicorn serves while webhooks are measured: the shop, and beside it the yardstick.

Both are in the same processes, on the same threads, and behind the same access log.
"""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, jsonify
from sqlalchemy import make_url, text
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from benchmarks import by_hand
from benchmarks.by_hand_databases import Database, Postgres, Sqlite
from storefront import create_app
from storefront.db import writing


def application() -> DispatcherMiddleware:
    """Make both, on the database in the environment."""
    shop = create_app()
    beside = by_hand.create_app(_database(), os.environ["STRIPE_WEBHOOK_SECRET"])
    return DispatcherMiddleware(
        shop.wsgi_app, {"/by-hand": beside, "/shops-own": _told_by(shop).wsgi_app}
    )


def _database() -> Database:
    url = make_url(os.environ["DATABASE_URL"])
    if url.get_backend_name() == "sqlite":
        return Sqlite(url.database or "")
    plain = url.set(drivername="postgresql")
    return Postgres(plain.render_as_string(hide_password=False))


def _told_by(shop: Flask) -> Flask:
    """Return an application that tells how durable the shop's own connections are."""
    app = Flask("told")

    @app.get("/durability")
    def durability() -> Any:
        with shop.app_context(), writing() as session:
            dialect = session.connection().dialect.name
            if dialect == "sqlite":
                level = session.scalar(text("PRAGMA synchronous"))
                return jsonify(synchronous="FULL" if level == 2 else str(level))
            names = ("synchronous_commit", "fsync")
            return jsonify({name: session.scalar(text(f"SHOW {name}")) for name in names})

    return app
