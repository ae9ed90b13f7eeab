"""What becomes of a Checkout Session: completed when its intent is, told when a debit ends.

open → complete | expired. `payment_status` is paid once the money is there, unpaid before, and
no_payment_required where there was nothing to pay.
"""

from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources import attempts, customers, payment_intents
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.method_types import METHOD_TYPES
from stripe_sandbox.sandbox import Sandbox

KIND = "checkout.session"

_PAYMENT_STATUS = {"succeeded": "paid", "processing": "unpaid", "requires_capture": "unpaid"}


def back_to_shop(session: Json) -> str:
    """Return the success_url with the session's id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def complete(sandbox: Sandbox, session: Json, intent: Json | None) -> Json:
    """Close a session whose shopper is done: the intent paid or on its way, None if it is free."""
    details = blank("checkout.session.customer_details", **_customer(sandbox, session, intent))
    if session["customer_creation"] == "always":
        known = {name: details[name] for name in ("email", "name", "phone") if details[name]}
        session = {**session, "customer": customers.make(sandbox, known)["id"]}
    paid = _PAYMENT_STATUS[intent["status"]] if intent else "no_payment_required"
    session = sandbox.change(
        session, customer_details=details, payment_status=paid, status="complete", url=None
    )
    emit(sandbox, "checkout.session.completed", session)
    return session


def _follow(sandbox: Sandbox, intent: Json) -> None:
    """Tell the session that an intent belongs to what became of it, if it is remembered."""
    session = sandbox.find(KIND, sandbox.note(intent["id"]).get("session"))
    if session is None:
        return
    if session["status"] == "open":
        complete(sandbox, session, intent)
    elif intent["status"] == "succeeded":
        session = sandbox.change(session, payment_status="paid")
        if METHOD_TYPES[_method(sandbox, intent)["type"]].is_delayed:
            emit(sandbox, "checkout.session.async_payment_succeeded", session)
    else:
        emit(sandbox, "checkout.session.async_payment_failed", session)


def _customer(sandbox: Sandbox, session: Json, intent: Json | None) -> Json:
    known = session["customer_details"] or {}
    billing = _method(sandbox, intent)["billing_details"] if intent else {}
    email = sandbox.note(session["id"]).get("email") or session["customer_email"]
    return {
        "address": billing.get("address") or known.get("address"),
        "email": email or known.get("email"),
        "name": billing.get("name") or known.get("name"),
        "phone": billing.get("phone") or known.get("phone"),
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _method(sandbox: Sandbox, intent: Json) -> Json:
    return sandbox.get("payment_method", intent["payment_method"])


def _continued(sandbox: Sandbox, intent: Json) -> str:
    """Return where the bank's page leads: to the shop when paid, else back to the hosted page."""
    session = sandbox.get(KIND, sandbox.note(intent["id"])["session"])
    return back_to_shop(session) if session["status"] == "complete" else str(session["url"])


attempts.followers.append(_follow)
payment_intents.continuations[KIND] = _continued
