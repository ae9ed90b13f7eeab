"""What every page shows and every template may use."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request, url_for
from jinja2 import StrictUndefined

from storefront import catalog
from storefront.cart_reads import glance
from storefront.config import settings
from storefront.languages import LOCALES, html_language
from storefront.views.languages import language
from storefront.views.preferences import chosen_currency, offered_currencies
from storefront.views.security import SAFE_METHODS
from storefront.views.visitor import visitor

IMMUTABLE = "public, max-age=31536000, immutable"


def init_pages(app: Flask) -> None:
    """Give templates their filters and the words of the frame around every page."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.filters["html_language"] = html_language
    app.context_processor(frame)
    app.after_request(cache_static)


def frame() -> dict[str, Any]:
    """Return what the layout shows.

    The cart is counted when the layout asks, which fragments don't; and an error page doesn't
    read the cart, for the database may be the error, and the address anybody's.
    """
    return {
        "shop_name": catalog.SEED["shop"]["name"],
        "world": settings().world,
        "locale": language(),
        "locales": LOCALES,
        "currency": chosen_currency,
        "currencies": offered_currencies,
        "is_anonymous": g.get("is_anonymous", False),
        "has_token": lambda: visitor() is not None,
        "this_page": this_page(),
        "count_items": lambda: glance(visitor()).count,
    }


def this_page() -> str:
    """Return where one goes back to after choosing a language: a form's answer has no page."""
    return request.path if request.method in SAFE_METHODS else url_for("cart.show")


def static_url(filename: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return _address(Path(str(current_app.static_folder)), filename, request.script_root)


@cache
def _address(folder: Path, filename: str, _: str) -> str:
    digest = hashlib.sha256((folder / filename).read_bytes()).hexdigest()[:12]
    return url_for("static", filename=filename, v=digest)


def cache_static(response: Response) -> Response:
    """Let browsers keep a file for ever when they asked for the content that we have."""
    if (
        request.endpoint == "static"
        and request.args.get("v")
        and response.status_code in {200, 304}
    ):
        response.headers["Cache-Control"] = IMMUTABLE
    return response
