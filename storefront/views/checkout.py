"""The checkout: the order's summary, and both ways to pay it, side by side."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront import checkout
from storefront.cart import look_at_cart
from storefront.catalog import OutOfStock
from storefront.checkout import CartChanged, CartEmpty, CheckoutRefused
from storefront.holds import HoldsTooMuch
from storefront.lifecycle import Flow
from storefront.views import cart
from storefront.views.languages import language, spoken
from storefront.views.limits import begins_payment
from storefront.views.orders import begin_payment
from storefront.views.visitor import known_visitor, visitor

bp = Blueprint("checkout", __name__)

# What a browser's type=email accepts, less what Stripe refuses: it wants a dot in the domain.
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
LONGEST_EMAIL = 254
Answer = Response | str | tuple[str, int]


@bp.get("/checkout")
def show() -> Answer:
    """Show what will be ordered and the two ways to pay it."""
    view = look_at_cart(visitor(), language())
    if not view.can_checkout:
        return redirect(url_for("cart.show"), code=303)
    return _page({}, (view.pending_order and view.pending_order.email) or "")


@bp.post("/checkout")
@begins_payment
def place() -> Answer:
    """Place the order, or find the one that was placed, and start the chosen way to pay it."""
    email = request.form.get("email", "").strip()
    flow = request.form.get("flow", "")
    errors = _errors(email, flow)
    if errors:
        return _page(errors, email, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        order = checkout.place_order(known_visitor(), email=email, locale=language())
    except CartEmpty:
        return cart.show(), HTTPStatus.UNPROCESSABLE_ENTITY
    except (CartChanged, OutOfStock):
        return redirect(url_for("cart.show"), code=303)
    except (CheckoutRefused, HoldsTooMuch) as error:
        return _page({"flow": spoken(error.args[0])}, email, HTTPStatus.UNPROCESSABLE_ENTITY)
    return begin_payment(order, Flow(flow))


def _errors(email: str, flow: str) -> dict[str, str]:
    errors = {}
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        errors["email"] = _("Enter an e-mail address, such as name@example.com.")
    if flow not in set(Flow):
        errors["flow"] = _("Choose one of the two ways to pay.")
    return errors


def _page(errors: dict[str, str], email: str, status: int = HTTPStatus.OK) -> tuple[str, int]:
    view = look_at_cart(visitor(), language())
    return render_template("checkout/checkout.html", cart=view, errors=errors, email=email), status
