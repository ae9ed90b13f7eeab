"""The page that Stripe hosts for a Checkout Session. It works without JavaScript."""

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from stripe_sandbox.pages.amounts import amount_shown
from stripe_sandbox.pages.http import current_sandbox, origin_of, secured
from stripe_sandbox.pages.methods import (
    FIELDS,
    field_blamed,
    filled_in,
    lacking,
    offered,
    payment_method_data,
)
from stripe_sandbox.pages.test_values import TEST_VALUES
from stripe_sandbox.pages.words import explained, language, words
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources import checkout_sessions

_ENDS = {
    "succeeded": "paid",
    "requires_capture": "paid",
    "processing": "processing",
    "canceled": "canceled",
}
"""Which page a complete session has, by the status of its intent; it failed by any other."""


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
    filled = filled_in(request.form)
    methods = offered(session["payment_method_types"])
    method = request.form.get("payment_method", methods[0])
    filled["payment_method"] = method = method if method in methods else methods[0]
    email = session["customer_email"] or filled["email"]
    if session["status"] == "open" and not _is_address(email):
        return _form(session, filled, error={"code": "email_invalid", "param": "email"})
    if session["amount_total"] and (error := lacking(method, filled)):
        return _form(session, filled, error=error)
    data = payment_method_data(method, filled, email) if session["amount_total"] else None
    submission = checkout_sessions.submit(
        sandbox, session_id, payment_method_data=data, email=email
    )
    if submission.outcome == "declined":
        return _form(session, filled, error=submission.error)
    if submission.outcome == "closed" and session["status"] == "expired":
        return show(session_id)
    return redirect(submission.url or session["url"], 303)


def _form(
    session: Json, filled: dict[str, str] | None = None, *, error: Json | None = None
) -> Response:
    """Return the page to pay on, with what was `filled` in and what was wrong with it."""
    speech = language(session["locale"])
    methods = offered(session["payment_method_types"]) if session["amount_total"] else []
    tried = ((error or {}).get("payment_method") or {}).get("type")
    chosen = tried if tried in methods else "".join(methods[:1])
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
        methods=methods,
        filled=filled or {"email": _known_email(session), "payment_method": chosen},
        error=explained(error, speech),
        field=field_blamed(error) if filled else None,
        waiting=_waiting_action(session),
        fields=FIELDS,
        asked_elsewhere={"email"},
        test_values=TEST_VALUES,
    )
    return secured(page, leads_to=session["success_url"])


def _known_email(session: Json) -> str:
    """Return the address of the shop, of an earlier attempt or of the customer, or nothing."""
    written = current_sandbox().note(session["id"]).get("email")
    kept = (session["customer_details"] or {}).get("email")
    return session["customer_email"] or written or kept or ""


def _over(session: Json) -> Response:
    """Return the page of a session that takes no money any more, with the way back."""
    speech = language(session["locale"])
    end = _end(session)
    is_over_well = end in {"paid", "processing"}
    page = render_template(
        "checkout_over.html",
        words=words(speech),
        end=end,
        is_over_well=is_over_well,
        shop=_shop(session),
        total=amount_shown(session["amount_total"], session["currency"], speech),
        onward=checkout_sessions.back_to_shop(session) if is_over_well else session["cancel_url"],
    )
    return secured(page)


def _end(session: Json) -> str:
    """Return how a session ended, as its page's words are called."""
    if session["status"] == "expired":
        return "expired"
    intent = current_sandbox().find("payment_intent", session["payment_intent"])
    return _ENDS.get(intent["status"], "failed") if intent else "paid"


def _waiting_action(session: Json) -> Json | None:
    """Return where an earlier attempt still waits for the shopper, and for what."""
    sandbox = current_sandbox()
    intent = sandbox.find("payment_intent", session["payment_intent"])
    action = (intent["next_action"] or {}) if intent else {}
    url = (action.get("redirect_to_url") or {}).get("url")
    method = sandbox.find("payment_method", intent["payment_method"]) if intent else None
    is_card = method is None or method["type"] == "card"
    return (
        {"url": url, "says": "challenge_waiting" if is_card else "redirect_waiting"}
        if url
        else None
    )


def _shop(session: Json) -> str:
    return origin_of(session["success_url"]).partition("://")[2]


def _is_address(email: str) -> bool:
    name, _, host = email.rpartition("@")
    return bool(name and host and " " not in email)
