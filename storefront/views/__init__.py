"""HTTP in, HTTP out: every page and endpoint of the shop."""

from __future__ import annotations

from flask import Flask

from storefront.views import (
    api,
    cart,
    catalog,
    checkout,
    compare,
    errors,
    keys,
    languages,
    limits,
    ops,
    orders,
    pages,
    preferences,
    remembering,
    scenarios,
    security,
    trace,
    webhooks,
)


def init_views(app: Flask) -> None:
    """Register the blueprints and what surrounds every request."""
    app.url_map.merge_slashes = False  # else `//` is redirected with a page, below /v1 too
    security.init_security(app)
    languages.init_languages(app)
    pages.init_pages(app)
    remembering.init_remembering(app)
    errors.init_errors(app)
    limits.init_limits(app)
    for module in (
        catalog,
        cart,
        checkout,
        orders,
        trace,
        compare,
        preferences,
        webhooks,
        ops,
        keys,
    ):
        app.register_blueprint(module.bp)
    scenarios.init_scenarios(app)
    api.init_api(app)
