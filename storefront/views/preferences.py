"""What a visitor prefers. It stays in the session, and so with this browser (decision 0015)."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request, session, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from storefront.languages import LOCALES
from storefront.views.security import csrf
from storefront.views.visitor import visitor

bp = Blueprint("preferences", __name__)
csrf.exempt(bp)


@bp.post("/preferences")
def change() -> Response:
    """Choose a language, and go back to the page that one came from.

    A visitor whom nothing is known of has no token, and nothing that a forged form could harm;
    another site's form is refused before this is asked. Everybody else's needs the token.
    """
    if visitor():
        csrf.protect()
    if (locale := request.form.get("locale")) in LOCALES:
        session.permanent = True
        session["locale"] = locale
    return redirect(_page_of_ours(request.form.get("next", "")), code=303)


def _page_of_ours(path: str) -> str:
    """Return the path if it is a page of the shop, else the catalogue's: never another site's."""
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return url_for("catalog.index")
    return path if path.startswith("/") else url_for("catalog.index")
