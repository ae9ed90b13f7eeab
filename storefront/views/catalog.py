"""The catalogue and its products."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response

from storefront.cart_reads import glance
from storefront.catalog import catalogue
from storefront.views.languages import language
from storefront.views.preferences import chosen_currency
from storefront.views.remembering import remembered
from storefront.views.visitor import known_visitor, visitor

bp = Blueprint("catalog", __name__)


@bp.get("/")
def index() -> Response:
    """Show all that is for sale."""
    seen = glance(visitor())
    goods = catalogue(seen.version, chosen_currency(), language())
    return _revalidated(
        remembered("catalog/index.html", seen.count, seen.version, categories=goods.categories)
    )


@bp.get("/products/<slug>")
def product(slug: str) -> Response:
    """Show one product.

    Whoever can put it into a cart is known by now: two first clicks at once are one visitor's.
    """
    seen = glance(visitor())
    offer = catalogue(seen.version, chosen_currency(), language()).by_slug.get(slug)
    if offer is None:
        abort(404)
    known_visitor()
    return _revalidated(
        remembered("catalog/product.html", seen.count, offer, product=offer, form_error=None)
    )


def _revalidated(page: str) -> Response:
    """Let the back button show a catalogue page at once; the cart's count makes it private."""
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
