"""The cart's pages and forms."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront import cart_changes, catalog, shopping
from storefront.attempts import OrderNotPayable
from storefront.cart import look_at_cart
from storefront.cart_changes import CartRefused
from storefront.languages import Sentence
from storefront.views.languages import language, spoken
from storefront.views.preferences import chosen_currency
from storefront.views.remembering import remembered
from storefront.views.visitor import known_visitor, visitor

bp = Blueprint("cart", __name__)

QUANTITY = re.compile(r"[0-9]{1,2}", re.ASCII)
Answer = Response | str | tuple[str, int]


@bp.get("/cart")
def show() -> str:
    """Show the cart; with an order it shows more than is to be remembered."""
    view = look_at_cart(visitor(), language())
    if view.pending_order is None:
        return remembered("cart/cart.html", view.count, view, cart=view, pending_order=None)
    return render_template(
        "cart/cart.html",
        cart=view,
        pending_order=view.pending_order,
        count_items=lambda: view.count,
    )


@bp.post("/cart/items")
def add_item() -> Answer:
    """Put a product into the cart."""
    offer = catalog.offer_by_id(request.form.get("product_id", ""), chosen_currency(), language())
    if offer is None:
        abort(404)
    try:
        quantity = _quantity(at_least=1)
        shopping.add_item(known_visitor(), offer.id, quantity, currency=offer.currency)
    except CartRefused as error:
        page = render_template(
            "catalog/product.html", product=offer, form_error=spoken(error.args[0])
        )
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    except OrderNotPayable:
        return _too_late()
    return redirect(url_for("cart.show"), code=303)


@bp.post("/cart/items/<product_id>")
def change_item(product_id: str) -> Answer:
    """Change how many of a product are in the cart; 0 removes it."""
    try:
        shopping.set_quantity(known_visitor(), product_id, _quantity(at_least=0))
    except CartRefused as error:
        flash(spoken(error.args[0]))
        return show(), HTTPStatus.UNPROCESSABLE_ENTITY
    except OrderNotPayable:
        return _too_late()
    return redirect(url_for("cart.show"), code=303)


@bp.post("/cart/acknowledge")
def acknowledge() -> Response:
    """Accept today's prices and stock."""
    try:
        cart_changes.acknowledge(known_visitor())
    except CartRefused as error:
        flash(spoken(error.args[0]))
    return redirect(url_for("cart.show"), code=303)


def _quantity(*, at_least: int) -> int:
    """Return the quantity that was asked for; raises CartRefused when it isn't one."""
    text = request.form.get("quantity", "")
    if not QUANTITY.fullmatch(text) or int(text) < at_least:
        raise CartRefused(Sentence("Give a whole number from %(least)d to 99.", least=at_least))
    return int(text)


def _too_late() -> Response:
    flash(
        _("That order is being paid, so its items can’t be changed any more. Nothing was changed.")
    )
    return redirect(url_for("cart.show"), code=303)
