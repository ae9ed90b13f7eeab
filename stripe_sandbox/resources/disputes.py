"""Disputes: a customer's bank asks for the money back.

needs_response → under_review → won | lost, and for an inquiry, which takes no money, the same with
`warning_` before it → warning_closed. The control panel and the test values begin one:

- `open_dispute(sandbox, charge_id, *, kind="dispute")` returns it; a kind of `DISPUTES`.
- `decide(sandbox, dispute_id, *, is_won)` ends it as the bank would.
"""

from stripe_sandbox.protocol.errors import StripeError, invalid, lacking, missing
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import balance_transactions, settlements
from stripe_sandbox.resources.dispute_fields import (
    DISPUTES,
    ESCALATING,
    FILES,
    TEXTS,
    TIME_TO_ANSWER,
    as_chargeback,
    new_dispute,
)
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

_ANSWERABLE = {"needs_response", "warning_needs_response"}
OPEN = {"needs_response", "under_review", "warning_needs_response", "warning_under_review"}


def open_dispute(sandbox: Sandbox, charge_id: str, *, kind: str = "dispute") -> Json:
    """Dispute what is left of a charge; return the dispute.

    Raises 400 for a charge that took no money, has nothing left, or is disputed already.
    """
    with sandbox.lock:
        charge = sandbox.get("charge", charge_id, param="charge")
        left = unrefunded(charge)
        if charge["status"] != "succeeded" or not charge["captured"] or not left:
            raise StripeError(f"Charge {charge_id} has no money to dispute.", param="charge")
        if charge["disputed"]:
            raise StripeError(f"Charge {charge_id} is disputed already.", param="charge")
        sandbox.change(charge, disputed=True)
        dispute = sandbox.put(new_dispute(sandbox, charge, left, DISPUTES[kind]))
        is_inquiry = _is_inquiry(dispute)
        if not is_inquiry:
            dispute = _booked(sandbox, dispute)
        emit(sandbox, "charge.dispute.created", dispute)
        if not is_inquiry:
            emit(sandbox, "charge.dispute.funds_withdrawn", dispute)
        if not dispute["evidence_details"]["due_by"]:
            return _closed(sandbox, dispute, "lost")
        wait = dispute["evidence_details"]["due_by"] - sandbox.now()
        settlements.schedule(sandbox, dispute, after=wait)
        return dispute


def open_if_asked(sandbox: Sandbox, charge: Json) -> None:
    """Dispute a charge whose card or account is one of those that do so."""
    behaviour = sandbox.note(charge["payment_method"]).get("behaviour")
    if behaviour in DISPUTES:
        open_dispute(sandbox, charge["id"], kind=behaviour)


def decide(sandbox: Sandbox, dispute_id: str, *, is_won: bool) -> Json:
    """Let the bank decide now; raise 400 when it has before. An inquiry is closed either way."""
    with sandbox.lock:
        dispute = sandbox.get("dispute", dispute_id, param="dispute")
        _check_open(dispute, dispute["status"] in OPEN)
        return _closed(sandbox, dispute, "won" if is_won else "lost")


def unrefunded(charge: Json) -> int:
    """Return how much of what a charge took was not given back by refunds."""
    return int(charge["amount_captured"] - charge["amount_refunded"])


@endpoints("GET /v1/disputes/{}")
def retrieve(call: Call, dispute_id: str) -> Json:
    """Return one dispute."""
    settlements.settle_due(call.sandbox)
    return call.sandbox.get("dispute", dispute_id, param="dispute")


@endpoints("GET /v1/disputes", takes="charge payment_intent")
def list_all(call: Call) -> Json:
    """Return disputes: all, or those of one charge or payment intent."""
    settlements.settle_due(call.sandbox)
    filters = ("charge", "payment_intent")
    return listed(call.sandbox, "dispute", call.params, "/v1/disputes", filters=filters)


@endpoints("POST /v1/disputes/{}", takes="evidence metadata submit")
def update(call: Call, dispute_id: str) -> Json:
    """Stage evidence, or submit it with what was staged; change the metadata at any time."""
    settlements.settle_due(call.sandbox)
    sandbox, params = call.sandbox, call.params
    dispute = sandbox.get("dispute", dispute_id, param="dispute")
    given = params.get("evidence") or {}
    if given or "submit" in params:
        _check_open(dispute, dispute["status"] in _ANSWERABLE)
        _check_evidence(given)
    after = {**dispute, **_updated_fields(dispute, params, given)}
    is_submitting = params.get("submit", bool(given)) and _has_evidence(after)
    if is_submitting:
        after = _submitted(after)
    if after == dispute:
        return dispute
    emit(sandbox, "charge.dispute.updated", sandbox.put(after), before=dispute)
    return _judged(sandbox, after) if is_submitting else after


@endpoints("POST /v1/disputes/{}/close", takes="")
def close(call: Call, dispute_id: str) -> Json:
    """Give a dispute up: it is lost; an inquiry ends without a chargeback."""
    settlements.settle_due(call.sandbox)
    dispute = call.sandbox.get("dispute", dispute_id, param="dispute")
    _check_open(dispute, dispute["status"] in _ANSWERABLE)
    return _closed(call.sandbox, dispute, "lost")


def _updated_fields(dispute: Json, params: Json, given: Json) -> Json:
    fields: Json = {}
    if "metadata" in params:
        fields["metadata"] = merged(dispute["metadata"], params["metadata"])
    if given:
        fields["evidence"] = {**dispute["evidence"], **given}
        fields["evidence_details"] = {**dispute["evidence_details"], "has_evidence": True}
    return fields


def _has_evidence(dispute: Json) -> bool:
    return bool(dispute["evidence_details"]["has_evidence"])


def _submitted(dispute: Json) -> Json:
    details = dispute["evidence_details"]
    prefix = "warning_" if _is_inquiry(dispute) else ""
    return {
        **dispute,
        "evidence_details": {
            **details,
            "submission_count": details["submission_count"] + 1,
            "submission_method": "manual",
        },
        "status": f"{prefix}under_review",
    }


def _judged(sandbox: Sandbox, dispute: Json) -> Json:
    """Let the bank decide at once where the evidence is one of the test values."""
    settlements.unschedule(sandbox, dispute["id"])
    said = dispute["evidence"]["uncategorized_text"]
    if said == ESCALATING and _is_inquiry(dispute):
        return _escalated(sandbox, dispute)
    return _closed(sandbox, dispute, TEXTS[said]) if said in TEXTS else dispute


def _escalated(sandbox: Sandbox, dispute: Json) -> Json:
    """Take the money after all; what was refunded meanwhile can't be taken again."""
    left = unrefunded(sandbox.get("charge", dispute["charge"]))
    amount = min(dispute["amount"], left)
    if not amount:
        return _closed(sandbox, dispute, "lost")
    after = _booked(sandbox, as_chargeback(sandbox, dispute, amount))
    settlements.schedule(sandbox, after, after=TIME_TO_ANSWER)
    emit(sandbox, "charge.dispute.updated", after, before=dispute)
    emit(sandbox, "charge.dispute.funds_withdrawn", after)
    return after


def _closed(sandbox: Sandbox, dispute: Json, status: str) -> Json:
    """End a dispute; one that was won gives the money back."""
    settlements.unschedule(sandbox, dispute["id"])
    if _is_inquiry(dispute):
        status = "warning_closed"
    is_won = status == "won"
    after = {**dispute, "is_charge_refundable": status != "lost", "status": status}
    after = _booked(sandbox, after) if is_won else sandbox.put(after)
    emit(sandbox, "charge.dispute.closed", after, before=dispute)
    if is_won:
        emit(sandbox, "charge.dispute.funds_reinstated", after)
    return after


def _run_out(sandbox: Sandbox, dispute: Json) -> None:
    """End a dispute that nobody has answered in time."""
    _closed(sandbox, dispute, "lost")


def _booked(sandbox: Sandbox, dispute: Json) -> Json:
    """Keep a dispute with one more transaction: the money back if it was won, else gone."""
    is_won = dispute["status"] == "won"
    record = balance_transactions.record_dispute
    book = balance_transactions.record_dispute_reversal if is_won else record
    transactions = [*dispute["balance_transactions"], book(sandbox, dispute)]
    return sandbox.put({**dispute, "balance_transactions": transactions})


def _is_inquiry(dispute: Json) -> bool:
    return str(dispute["status"]).startswith("warning_")


def _check_open(dispute: Json, is_open: bool) -> None:
    if not is_open:
        raise StripeError(
            f"This dispute's status is {dispute['status']}: it takes no more evidence and cannot "
            "be closed.",
            param="dispute",
        )


def _check_evidence(given: Json) -> None:
    for name in ("appeal", "enhanced_evidence"):
        if given.get(name):
            raise lacking(f"evidence[{name}]")
    for name in FILES:
        if given.get(name):
            raise missing("file upload", given[name], f"evidence[{name}]", 400)
    if sum(len(str(text)) for text in given.values()) > _LONGEST:
        raise invalid(f"Evidence can have up to {_LONGEST} characters in all.", "evidence")


_LONGEST = 150_000

settlements.handlers["dispute"] = _run_out
