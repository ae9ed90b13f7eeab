"""The catalogue and its products."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, render_template

from storefront import catalog
from storefront.views.languages import language
from storefront.views.preferences import chosen_currency
from storefront.views.visitor import known_visitor

bp = Blueprint("catalog", __name__)


@bp.get("/")
def index() -> Response:
    """Show all that is for sale."""
    shelves = catalog.categories(chosen_currency(), language())
    return _revalidated(render_template("catalog/index.html", categories=shelves))


@bp.get("/products/<slug>")
def product(slug: str) -> Response:
    """Show one product.

    Whoever can put it into a cart is known by now: two first clicks at once are one visitor's.
    """
    offer = catalog.offer_by_slug(slug, chosen_currency(), language())
    if offer is None:
        abort(404)
    known_visitor()
    return _revalidated(render_template("catalog/product.html", product=offer, form_error=None))


def _revalidated(page: str) -> Response:
    """Let the back button show a catalogue page at once; the cart's count makes it private."""
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
