"""Payments that nobody can stop any more: somebody pays, whatever became of the object meanwhile.

Stripe takes no money for a PaymentIntent that was canceled or a session that has expired. A shop
that was too slow to stop one, or forgot that it had made it, sees the same all the same: two
payments of one order. Here that can be had without a race.
"""

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources import checkout_sessions, payment_intents
from stripe_sandbox.resources.session_outcomes import KIND
from stripe_sandbox.sandbox import Sandbox

_CARD = "pm_card_visa"
_PAID = {"complete", "succeeded"}


def pay_anyway(sandbox: Sandbox, object_id: str) -> Json:
    """Pay a PaymentIntent or a session with a good card; one that was stopped is opened for it.

    Nobody's browser is led anywhere. One that is paid stays as it is: two who ask at the same time
    both have what they wanted, once. Raises the 404 of an unknown id and the 402 of a decline.
    """
    with sandbox.lock:
        row = sandbox.find(KIND, object_id) or sandbox.get("payment_intent", object_id)
        if row["status"] in _PAID:
            return row
        if row["object"] == KIND:
            _reopen_session(sandbox, object_id)
            return checkout_sessions.pay(sandbox, object_id, payment_method=_CARD)
        _reopen_intent(sandbox, object_id)
        return payment_intents.confirm(sandbox, object_id, payment_method=_CARD)


def _reopen_session(sandbox: Sandbox, session_id: str) -> None:
    session = sandbox.get(KIND, session_id)
    if session["status"] != "expired":
        return
    if session["payment_intent"]:
        _reopen_intent(sandbox, session["payment_intent"])
    ends = max(session["expires_at"], sandbox.now() + 1)
    url = f"{sandbox.public_url}/c/pay/{session_id}"
    sandbox.change(session, status="open", url=url, expires_at=ends)


def _reopen_intent(sandbox: Sandbox, intent_id: str) -> None:
    intent = sandbox.get("payment_intent", intent_id)
    if intent["status"] == "canceled":
        sandbox.change(
            intent,
            canceled_at=None,
            cancellation_reason=None,
            payment_method=None,
            status="requires_payment_method",
        )
