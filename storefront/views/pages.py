"""What every page shows and every template may use; pages that are rendered once for many."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from functools import cache, lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    g,
    get_flashed_messages,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import generate_csrf
from jinja2 import StrictUndefined

from storefront import catalog
from storefront.cart_reads import glance
from storefront.config import settings
from storefront.languages import LOCALES, html_language
from storefront.views.languages import language
from storefront.views.preferences import chosen_currency, offered_currencies
from storefront.views.security import SAFE_METHODS
from storefront.views.visitor import visitor

REMEMBERED_PAGES = 256
# Nobody can guess them, so nobody can write them into a page.
TOKEN_HOLE, COUNT_HOLE = f"token-{token_hex(16)}", f"count-{token_hex(16)}"
IMMUTABLE = "public, max-age=31536000, immutable"


def init_pages(app: Flask) -> None:
    """Give templates their filters and the words of the frame around every page."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.filters["html_language"] = html_language
    app.extensions["page_memory"] = lru_cache(0 if app.debug else REMEMBERED_PAGES)(_with_holes)
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
        "this_page": request.path if request.method in SAFE_METHODS else url_for("cart.show"),
        "count_items": lambda: glance(visitor()).count,
    }


def remembered(template: str, count: int, **shown: Hashable) -> str:
    """Render a page, or take it from memory if just this was rendered before.

    A page is remembered by all that it is made of, which is why `shown` must have a hash, and
    with holes where the forms' token and the cart's `count` belong: what is kept is nobody's.
    Messages for one visitor are never kept.
    """
    if get_flashed_messages():
        return render_template(template, **shown, count_items=lambda: count)
    frame = (request.path, request.script_root, language(), chosen_currency(), visitor() is None)
    page: str = current_app.extensions["page_memory"](template, frame, tuple(shown.items()))
    page = page.replace(COUNT_HOLE, str(count))
    return page.replace(TOKEN_HOLE, generate_csrf()) if TOKEN_HOLE in page else page


def _with_holes(template: str, _: Hashable, shown: tuple[tuple[str, Hashable], ...]) -> str:
    return render_template(
        template, **dict(shown), csrf_token=lambda: TOKEN_HOLE, count_items=lambda: COUNT_HOLE
    )


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
