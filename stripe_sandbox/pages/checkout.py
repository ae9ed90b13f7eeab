"""The page that Stripe hosts for a Checkout Session. It works without JavaScript."""

import re
import unicodedata

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from stripe_sandbox.pages.http import current_sandbox, origin_of, secured
from stripe_sandbox.pages.words import TEST_CARDS, amount_shown, explained, language, words
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources import checkout_sessions

_MONTH_AND_YEAR = re.compile(r"\A([0-9]{1,2})\D*([0-9]{2}|[0-9]{4})\Z")
_EMPTY = {"email": "", "number": "", "expiry": "", "cvc": ""}


def show(session_id: str) -> Response:
    """Show the session as it is: to be paid, paid, expired or unknown."""
    sandbox = current_sandbox()
    try:
        session = checkout_sessions.get(sandbox, session_id)
    except StripeError:
        return secured(render_template("not_found.html", words=words(language(None))), status=404)
    if session["status"] != "open":
        return _over(session)
    return _form(session, error=checkout_sessions.last_error(sandbox, session_id))


def pay(session_id: str) -> Response | Redirect:
    """Pay the session with the card in the form; the card is neither kept nor logged.

    A second submission of the same form finds the session paid and follows the first one.
    """
    sandbox = current_sandbox()
    try:
        session = checkout_sessions.get(sandbox, session_id)
    except StripeError:
        return show(session_id)
    filled = {name: request.form.get(name, "").strip() for name in _EMPTY}
    email = session["customer_email"] or filled["email"]
    if session["status"] == "open" and not _is_address(email):
        return _form(session, filled, error={"code": "email_invalid", "param": "email"})
    submission = checkout_sessions.submit(
        sandbox, session_id, payment_method_data=_payment_method(filled, email), email=email
    )
    if submission.outcome == "declined":
        return _form(session, filled, error=submission.error)
    if submission.outcome == "closed" and session["status"] == "expired":
        return show(session_id)
    return redirect(submission.url or session["url"], 303)


def _form(
    session: Json,
    filled: dict[str, str] | None = None,
    *,
    error: Json | None = None,
    status: int = 200,
) -> Response:
    """Return the page to pay on, with what was `filled` in and what was wrong with it."""
    speech = language(session["locale"])
    email = session["customer_email"] or current_sandbox().note(session["id"]).get("email", "")
    filled = filled or {**_EMPTY, "email": email}
    shown = [
        {**item, "shown": amount_shown(item["amount_total"], item["currency"], speech)}
        for item in checkout_sessions.items(current_sandbox(), session["id"])
    ]
    page = render_template(
        "checkout.html",
        words=words(speech),
        session=session,
        shop=_shop(session),
        line_items=shown,
        total=amount_shown(session["amount_total"], session["currency"], speech),
        filled=filled,
        error=explained(error, speech),
        field=_field(error),
        challenge_url=_challenge_url(session),
        test_cards=TEST_CARDS,
    )
    return secured(page, status=status, leads_to=session["success_url"])


def _over(session: Json) -> Response:
    """Return the page of a session that takes no money any more, with the way back."""
    is_paid = session["status"] == "complete"
    speech = language(session["locale"])
    page = render_template(
        "checkout_over.html",
        words=words(speech),
        is_paid=is_paid,
        shop=_shop(session),
        total=amount_shown(session["amount_total"], session["currency"], speech),
        onward=checkout_sessions.back_to_shop(session) if is_paid else session["cancel_url"],
    )
    return secured(page)


def _payment_method(filled: dict[str, str], email: str) -> Json:
    """Return the form in the API's words; the API says what is wrong with the card."""
    written = {name: unicodedata.normalize("NFKC", text) for name, text in filled.items()}
    expiry = _MONTH_AND_YEAR.match(written["expiry"])
    month, year = (int(expiry[1]), int(expiry[2])) if expiry else (0, 0)
    card = {
        "number": re.sub(r"[\s-]", "", written["number"]),
        "exp_month": month,
        "exp_year": year,
        "cvc": written["cvc"],
    }
    return {"type": "card", "card": card, "billing_details": {"email": email}}


def _field(error: Json | None) -> str | None:
    """Return the form's name of the field that an error blames."""
    param = (error or {}).get("param") or ""
    return "expiry" if param.startswith("exp_") else param


def _challenge_url(session: Json) -> str | None:
    """Return the 3-D Secure page, when an earlier attempt still waits there."""
    intent = current_sandbox().find("payment_intent", session["payment_intent"])
    action = (intent["next_action"] or {}) if intent else {}
    return (action.get("redirect_to_url") or {}).get("url")


def _shop(session: Json) -> str:
    return origin_of(session["success_url"]).partition("://")[2]


def _is_address(email: str) -> bool:
    name, _, host = email.rpartition("@")
    return bool(name and host and " " not in email)
