"""A storefront that takes money with Stripe, both ways, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Flask
from flask_migrate import Migrate
from requests.adapters import BaseAdapter
from werkzeug.middleware.proxy_fix import ProxyFix

from storefront import cli, logs, models, views
from storefront.config import Settings, read_settings
from storefront.controls import Controls
from storefront.db import db, init_db
from storefront.gateway import Gateway
from storefront.jwks import KeySet

__all__ = ["create_app", "models"]


def create_app(
    settings: Settings | None = None,
    *,
    transport: BaseAdapter | None = None,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> Flask:
    """Make the shop from its settings (the environment's, if none are given).

    `transport` and the two clocks are how requests reach Stripe, what time it is and how time
    goes by: a program that runs shop and sandbox in one process gives its own.
    Raises ConfigurationError.
    """
    settings = settings or read_settings()
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.extensions |= {
        "settings": settings,
        "gateway": Gateway(settings, transport, monotonic=monotonic),
        "controls": settings.sandbox_url
        and Controls(settings.sandbox_url, transport, monotonic=monotonic),
        "key_set": KeySet(settings.api),
        "clock": clock,
    }
    app.config |= {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "TRUSTED_HOSTS": list(settings.trusted_hosts),
    }
    logs.init_logs(settings.log_level)
    init_db(app, settings.database_url)
    Migrate(app, db)
    views.init_views(app)
    cli.init_cli(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops)  # type: ignore[method-assign]
    return app
