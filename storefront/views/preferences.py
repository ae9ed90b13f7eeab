"""What a visitor prefers. It stays in the session, and so with this browser (decision 0015)."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from storefront import shopping
from storefront.attempts import OrderNotPayable
from storefront.cart import look_at_cart
from storefront.config import settings
from storefront.languages import LOCALES
from storefront.money import OFFERED
from storefront.views.languages import money
from storefront.views.security import csrf
from storefront.views.visitor import visitor

bp = Blueprint("preferences", __name__)
csrf.exempt(bp)


@bp.post("/preferences")
def change() -> Response:
    """Choose a language or a currency, and go back to the page that one came from.

    A visitor whom nothing is known of has no token, and nothing that a forged form could harm;
    another site's form is refused before this is asked. Everybody else's needs the token.
    """
    if visitor():
        csrf.protect()
    if (locale := request.form.get("locale")) in LOCALES:
        session.permanent = True
        session["locale"] = locale
    if (currency := request.form.get("currency", "")) in offered_currencies():
        _choose_currency(currency)
    return redirect(_page_of_ours(request.form.get("next", "")), code=303)


def chosen_currency() -> str:
    """Return the currency that the visitor chose, else the shop's own."""
    chosen = session.get("currency")
    return str(chosen) if chosen in offered_currencies() else settings().currency


def offered_currencies() -> tuple[str, ...]:
    """Return what can be chosen, the shop's own currency first."""
    return _offered_beside(settings().currency)


@cache
def _offered_beside(own: str) -> tuple[str, ...]:
    return own, *(each for each in OFFERED if each != own)


def _choose_currency(currency: str) -> None:
    """Have prices in `currency`, those in the cart too, and say what became of it."""
    if owner := visitor():
        before = look_at_cart(owner)
        try:
            shopping.set_currency(owner, currency)
        except OrderNotPayable:
            flash(_("Your order is being paid, so it keeps its currency. Nothing was changed."))
            return
        if not before.is_empty and before.currency != currency:
            _tell(before.pending_order.number if before.pending_order else None)
    session.permanent = True
    session["currency"] = currency


def _tell(replaced: str | None) -> None:
    cart = look_at_cart(visitor())
    total = money(cart.amount_total, cart.currency)
    flash(_("Your cart has new prices. It comes to %(total)s now.", total=total))
    if replaced:
        flash(
            _(
                "An order keeps its currency, so order %(number)s was cancelled. "
                "What was in it is in your cart.",
                number=replaced,
            )
        )


def _page_of_ours(path: str) -> str:
    """Return the path if it is a page of the shop, else the catalogue's: never another site's."""
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return url_for("catalog.index")
    return path if path.startswith("/") else url_for("catalog.index")
