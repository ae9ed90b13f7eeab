"""Refunds: money given back, never more than was taken.

pending → succeeded, or requires_action when the shopper must say where to; a succeeded one may
still fail, and one that requires action may be canceled: then the money is back on the charge. The
control panel's functions:

- `fail_refund(sandbox, refund_id, *, reason="unknown")` lets the bank send the money back.
- `ask_shopper(sandbox, refund_id)` makes a pending refund require action.
"""

from typing import Any

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import balance_transactions, charges, settlements
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.refund_fields import new_refund, refundable_charge
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

_TIME_TO_ACT = 45 * 24 * 3600


def fail_refund(sandbox: Sandbox, refund_id: str, *, reason: str = "unknown") -> Json:
    """Let a refund fail, its money back on the charge; raise 400 when it has ended otherwise."""
    with sandbox.lock:
        refund = sandbox.get("refund", refund_id, param="refund")
        _check_status(refund, {"pending", "requires_action", "succeeded"}, "fail")
        refund = _returned(sandbox, refund, status="failed", failure_reason=reason)
        emit(sandbox, "refund.failed", refund)
        return refund


def ask_shopper(sandbox: Sandbox, refund_id: str) -> Json:
    """Make a pending refund wait for the shopper's bank details; it fails if they never come."""
    with sandbox.lock:
        refund = sandbox.get("refund", refund_id, param="refund")
        _check_status(refund, {"pending"}, "ask the shopper about")
        email = refund["instructions_email"] or _email(sandbox, refund)
        sent = {"email_sent_at": sandbox.now(), "email_sent_to": email}
        shown = {"email_sent": sent, "expires_at": sandbox.now() + _TIME_TO_ACT}
        action = {"display_details": shown, "type": "display_details"}
        settlements.schedule(sandbox, refund, after=_TIME_TO_ACT)
        return _updated(
            sandbox, refund, next_action=action, pending_reason=None, status="requires_action"
        )


@endpoints(
    "POST /v1/refunds",
    takes="amount charge instructions_email metadata payment_intent reason",
)
def create(call: Call) -> Json:
    """Give back a charge, in part or whole. Raises 400 for more than is left of it."""
    sandbox, params = call.sandbox, call.params
    settlements.settle_due(sandbox)
    charge = refundable_charge(sandbox, params)
    refund = new_refund(sandbox, charge, params)
    is_card = refund["destination_details"]["type"] == "card"
    behaviour = sandbox.note(refund["payment_method"]).get("behaviour")
    is_pending = not is_card or behaviour == "refund_pending"
    if is_pending:
        refund |= {"pending_reason": "processing", "status": "pending"}
    transaction = balance_transactions.record_refund(sandbox, refund)
    refund = sandbox.put({**refund, "balance_transaction": transaction["id"]})
    emit(sandbox, "refund.created", refund)
    after = charges.give_back(sandbox, charge, refund["amount"])
    emit(sandbox, "charge.refunded", after, before=charge)
    if is_pending or behaviour == "refund_fails":
        settlements.schedule(sandbox, refund, after=sandbox.settle_after)
    return refund if is_pending or not is_card else _referenced(sandbox, refund)


@endpoints("GET /v1/refunds/{}")
def retrieve(call: Call, refund_id: str) -> Json:
    """Return one refund."""
    settlements.settle_due(call.sandbox)
    return call.sandbox.get("refund", refund_id)


@endpoints("POST /v1/refunds/{}", takes="metadata")
def update(call: Call, refund_id: str) -> Json:
    """Change a refund's metadata."""
    refund = call.sandbox.get("refund", refund_id)
    if "metadata" not in call.params:
        return refund
    return _updated(
        call.sandbox, refund, metadata=merged(refund["metadata"], call.params["metadata"])
    )


@endpoints("POST /v1/refunds/{}/cancel", takes="")
def cancel(call: Call, refund_id: str) -> Json:
    """Take back a refund that waits for the shopper; no other can be canceled."""
    settlements.settle_due(call.sandbox)
    refund = call.sandbox.get("refund", refund_id, param="refund")
    _check_status(refund, {"requires_action"}, "cancel")
    return _returned(call.sandbox, refund, status="canceled", failure_reason="merchant_request")


@endpoints("GET /v1/refunds", takes="charge payment_intent")
def list_all(call: Call) -> Json:
    """Return refunds: all, or those of one charge or payment intent."""
    settlements.settle_due(call.sandbox)
    filters = ("charge", "payment_intent")
    return listed(call.sandbox, "refund", call.params, "/v1/refunds", filters=filters)


def _arrived(sandbox: Sandbox, refund: Json) -> None:
    """Let happen what a refund's status and its test card say."""
    if refund["status"] == "pending":
        _updated(sandbox, refund, pending_reason=None, status="succeeded")
    elif refund["status"] == "succeeded":
        fail_refund(sandbox, refund["id"], reason="expired_or_canceled_card")
    else:
        fail_refund(sandbox, refund["id"])


def _returned(sandbox: Sandbox, refund: Json, **fields: str) -> Json:
    """End a refund whose money comes back to the charge and to the account."""
    settlements.unschedule(sandbox, refund["id"])
    transaction = balance_transactions.record_refund_failure(sandbox, refund)
    charges.give_back(sandbox, sandbox.get("charge", refund["charge"]), -refund["amount"])
    return _updated(
        sandbox,
        refund,
        **fields,
        failure_balance_transaction=transaction["id"],
        next_action=None,
        pending_reason=None,
    )


def _referenced(sandbox: Sandbox, refund: Json) -> Json:
    """Give the refund the bank's reference, which Stripe learns a little later."""
    details = refund["destination_details"]
    card = {
        **details["card"],
        "reference": str(sandbox.new_id("", 23)),
        "reference_status": "available",
    }
    return _updated(sandbox, refund, destination_details={**details, "card": card})


def _updated(sandbox: Sandbox, refund: Json, **fields: Any) -> Json:
    """Change a refund and say so twice, as Stripe does: under its new name and its old one."""
    after = sandbox.change(refund, **fields)
    if after != refund:
        emit(sandbox, "refund.updated", after, before=refund)
        emit(sandbox, "charge.refund.updated", after, before=refund)
    return after


def _email(sandbox: Sandbox, refund: Json) -> str:
    billing = sandbox.get("charge", refund["charge"])["billing_details"]
    return str(billing["email"] or "shopper@example.com")


def _check_status(refund: Json, allowed: set[str], verb: str) -> None:
    if refund["status"] not in allowed:
        raise StripeError(
            f"You cannot {verb} this refund: its status is {refund['status']}, which must be "
            f"{' or '.join(sorted(allowed))}.",
            param="refund",
        )


settlements.handlers["refund"] = _arrived
