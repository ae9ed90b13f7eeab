"""Where a shopper approves a payment: in a 3-D Secure challenge, or at the bank of iDEAL."""

from flask import Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as Redirect

from stripe_sandbox.pages.amounts import amount_shown
from stripe_sandbox.pages.http import current_sandbox, is_origin, origin_of, secured
from stripe_sandbox.pages.words import language, words
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources import payment_intents
from stripe_sandbox.sandbox import Sandbox


def show(intent_id: str) -> Response:
    """Ask; or say that there is nothing to ask any more, and where to go on.

    With `?origin=` it is the inside of a dialog that the stand-in for Stripe.js opens in a shop's
    page; only that origin may frame it, and it tells its answer instead of leading on.
    """
    sandbox = current_sandbox()
    intent = sandbox.find("payment_intent", intent_id)
    speech = language(request.args.get("locale"))
    if intent is None:
        return secured(render_template("not_found.html", words=words(speech)), status=404)
    framed_by = _framed_by()
    page = render_template(
        "approve.html",
        words=words(speech),
        is_waiting=intent["status"] == "requires_action",
        total=amount_shown(intent["amount"], intent["currency"], speech),
        method=_method(sandbox, intent),
        shop=origin_of(_way_out(sandbox, intent)).partition("://")[2],
        onward=_onward(sandbox, intent),
        framed_by=framed_by,
    )
    return secured(page, leads_to=_way_out(sandbox, intent), framed_by=framed_by)


def answer(intent_id: str) -> Response | Redirect:
    """Complete or fail the approval and send the browser on. A second answer changes nothing."""
    sandbox = current_sandbox()
    is_complete = request.form.get("answer") == "complete"
    try:
        onward = payment_intents.complete_authentication(sandbox, intent_id, succeed=is_complete)
    except StripeError:
        intent = sandbox.find("payment_intent", intent_id)
        onward = _onward(sandbox, intent) if intent else None
    return redirect(onward, 303) if onward and not _framed_by() else show(intent_id)


def _framed_by() -> str | None:
    origin = request.args.get("origin")
    if origin is not None and not is_origin(origin):
        abort(400, "The dialog needs the origin of the page that opens it: ?origin=https://….")
    return origin


def _onward(sandbox: Sandbox, intent: Json) -> str | None:
    """Return where the browser goes when the approval is over."""
    note = sandbox.note(intent["id"])
    if belongs_to := note.get("belongs_to"):
        return payment_intents.continuations[belongs_to](sandbox, intent)
    return_url = note.get("return_url")
    return payment_intents.returning(intent, return_url) if return_url else None


def _way_out(sandbox: Sandbox, intent: Json) -> str | None:
    """Return the page of the shop to which an approval leads."""
    note = sandbox.note(intent["id"])
    session = sandbox.find("checkout.session", note.get("session"))
    return session["success_url"] if session else note.get("return_url")


def _method(sandbox: Sandbox, intent: Json) -> Json:
    """Return the payment method that is to be approved; a card, where it is forgotten by now."""
    return sandbox.find("payment_method", intent["payment_method"]) or {
        "type": "card",
        "card": None,
    }
