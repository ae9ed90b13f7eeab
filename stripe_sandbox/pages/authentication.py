"""The 3-D Secure challenge: where a shopper's bank would ask for their approval."""

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from stripe_sandbox.pages.http import current_sandbox, origin_of, secured
from stripe_sandbox.pages.words import amount_shown, language, words
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources import payment_intents
from stripe_sandbox.sandbox import Sandbox


def show(intent_id: str) -> Response:
    """Ask; or say that there is nothing to ask any more, and where to go on."""
    sandbox = current_sandbox()
    intent = sandbox.find("payment_intent", intent_id)
    speech = language(None)
    if intent is None:
        return secured(render_template("not_found.html", words=words(speech)), status=404)
    onward = _onward(sandbox, intent)
    page = render_template(
        "three_d_secure.html",
        words=words(speech),
        is_waiting=intent["status"] == "requires_action",
        total=amount_shown(intent["amount"], intent["currency"], speech),
        card=_card(sandbox, intent),
        shop=origin_of(_way_out(sandbox, intent)).partition("://")[2],
        onward=onward,
    )
    return secured(page, leads_to=_way_out(sandbox, intent))


def answer(intent_id: str) -> Response | Redirect:
    """Complete or fail the challenge and send the browser on. A second answer changes nothing."""
    sandbox = current_sandbox()
    is_complete = request.form.get("answer") == "complete"
    try:
        onward = payment_intents.complete_authentication(sandbox, intent_id, succeed=is_complete)
    except StripeError:
        intent = sandbox.find("payment_intent", intent_id)
        onward = _onward(sandbox, intent) if intent else None
    return redirect(onward, 303) if onward else show(intent_id)


def _onward(sandbox: Sandbox, intent: Json) -> str | None:
    """Return where the browser goes when the challenge is over."""
    note = sandbox.note(intent["id"])
    if belongs_to := note.get("belongs_to"):
        return payment_intents.continuations[belongs_to](sandbox, intent)
    return_url = note.get("return_url")
    return payment_intents.returning(intent, return_url) if return_url else None


def _way_out(sandbox: Sandbox, intent: Json) -> str | None:
    """Return the page of the shop to which a passed challenge leads."""
    note = sandbox.note(intent["id"])
    session = sandbox.find("checkout.session", note.get("session"))
    return session["success_url"] if session else note.get("return_url")


def _card(sandbox: Sandbox, intent: Json) -> Json | None:
    method = sandbox.find("payment_method", intent["payment_method"])
    return method["card"] if method else None
