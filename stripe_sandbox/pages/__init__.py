"""What a browser sees: the landing page, the script and the frame of the Element, and headers.

The hosted Checkout page and the 3-D Secure page are in `checkout` and `authentication`.
"""

import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, request

from stripe_sandbox.pages import authentication, checkout, receipts
from stripe_sandbox.pages.http import current_sandbox, harden_static_file, is_origin, secured
from stripe_sandbox.pages.methods import CURRENCIES, FIELDS
from stripe_sandbox.pages.test_values import TEST_CARDS, TEST_IBANS, TEST_VALUES
from stripe_sandbox.pages.words import language, words
from stripe_sandbox.sandbox import API_VERSION

pages = Blueprint("pages", __name__)
pages.after_app_request(harden_static_file)
pages.add_url_rule("/c/pay/<session_id>", "checkout", checkout.show)
pages.add_url_rule("/c/pay/<session_id>", "pay", checkout.pay, methods=["POST"])
pages.add_url_rule("/receipts/<charge_id>", "receipt", receipts.show)
for place, name in (("3d_secure", "challenge"), ("redirect", "redirect")):
    rule = f"/{place}/<intent_id>"
    pages.add_url_rule(rule, name, authentication.show)
    pages.add_url_rule(rule, f"answer_{name}", authentication.answer, methods=["POST"])

_PARTS = ("errors", "api", "frame", "payment_element", "elements", "challenge", "stripe")
"""The modules of the stand-in for Stripe.js, each after those that it imports."""
_THEMES = {"stripe", "night", "flat"}


@pages.get("/")
def landing() -> Response:
    """Say what this is and where things are."""
    page = render_template(
        "landing.html",
        words=words("en"),
        url=current_sandbox().public_url,
        api_version=API_VERSION,
        controls=_controls(),
        test_cards=TEST_CARDS,
        test_ibans=TEST_IBANS,
    )
    return secured(page)


@pages.get("/v3/", endpoint="stripe_js_by_its_old_name")
@pages.get("/js/endive/stripe.js")
def stripe_js() -> Response:
    """Return the stand-in for Stripe.js, for pages of any origin."""
    response = Response(_stand_in(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.add_etag()
    response.make_conditional(request)
    return response


@pages.get("/elements/payment")
def payment_element() -> Response:
    """Return the inside of the Payment Element; only the origin that asks for it may frame it."""
    origin = request.args.get("origin", "")
    if not is_origin(origin):
        abort(400, "The Element needs the origin of the page that mounts it: ?origin=https://….")
    page = render_template(
        "element.html",
        words=words(language(request.args.get("locale"))),
        origin=origin,
        shop=origin.partition("://")[2],
        theme=theme if (theme := request.args.get("theme")) in _THEMES else "stripe",
        fields=FIELDS,
        currencies=CURRENCIES,
        test_values=TEST_VALUES,
    )
    return secured(page, framed_by=origin)


def _controls() -> list[str]:
    """Return the paths that make the sandbox misbehave, as the handbook writes them."""
    rules = current_app.url_map.iter_rules()
    return sorted(
        path
        for rule in rules
        if rule.rule.startswith("/_sandbox/") and "POST" in (rule.methods or ())
        for path in _written(rule.rule)
    )


def _written(rule: str) -> list[str]:
    """Return the paths behind a rule of Flask's: ids in braces, each choice by itself."""
    path = re.sub(r"<\w+>", "{id}", rule)
    choice = re.search(r"<any\((.+)\):\w+>", path)
    words = choice[1].split(", ") if choice else [""]
    return [path.replace(choice[0], word) if choice else path for word in words]


@cache
def _stand_in() -> str:
    """Join the stand-in's modules into the one classic script that a page expects.

    Their imports and exports go: what they share is the scope of the function around them.
    """
    folder = Path(__file__).parents[1] / "static" / "stand_in"
    lines = [
        line.removeprefix("export ")
        for part in _PARTS
        for line in (folder / f"{part}.js").read_text().splitlines()
        if not line.startswith(("import ", "// @ts-check"))
    ]
    return "\n".join(["(() => {", "'use strict';", *lines, "})();", ""])
