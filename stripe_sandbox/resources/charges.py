"""Charges: one for each attempt at a payment, and the money they move."""

from stripe_sandbox.protocol.expansion import lists_within
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import balance_transactions
from stripe_sandbox.resources.declines import Decline
from stripe_sandbox.resources.events import emit
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import Storage

endpoints = Endpoints()


def charge(sandbox: Sandbox, intent: Json, method: Json, *, decline: Decline | None) -> Json:
    """Charge `method` for an intent: take the money, authorize it, or decline. Emits its event."""
    is_captured = decline is None and intent["capture_method"] != "manual"
    row = _row(sandbox, intent, method, decline)
    if is_captured:
        transaction = balance_transactions.record_charge(sandbox, row)
        row = {**row, "balance_transaction": transaction["id"]}
    row = sandbox.put({**row, "captured": is_captured})
    emit(sandbox, "charge.failed" if decline else "charge.succeeded", row)
    return row


@endpoints("GET /v1/charges/{}")
def retrieve(call: Call, charge_id: str) -> Json:
    """Return one charge."""
    return call.sandbox.get("charge", charge_id)


@endpoints("GET /v1/charges")
def list_all(call: Call) -> Json:
    """Return charges, all or those of one payment intent."""
    wanted = {name: call.params[name] for name in ("payment_intent",) if name in call.params}
    rows = (
        row
        for row in call.sandbox.newest_first("charge")
        if all(row[name] == value for name, value in wanted.items())
    )
    return page(rows, call.params, "/v1/charges", kind="charge")


def _row(sandbox: Sandbox, intent: Json, method: Json, decline: Decline | None) -> Json:
    is_captured = decline is None and intent["capture_method"] != "manual"
    charge_id = sandbox.new_id("ch_")
    return {
        "id": charge_id,
        "object": "charge",
        **blank("charge"),
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if is_captured else 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "STRIPE SANDBOX",
        "captured": is_captured,
        "created": sandbox.now(),
        "currency": intent["currency"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": decline and decline.code,
        "failure_message": decline and decline.message,
        "fraud_details": {"stripe_report": None, "user_report": None},
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome(decline),
        "paid": decline is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(intent, method),
        "radar_options": {"session": None},
        "receipt_email": intent["receipt_email"],
        "receipt_url": None if decline else f"{sandbox.public_url}/receipts/{charge_id}",
        "refunded": False,
        "shipping": intent["shipping"],
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "failed" if decline else "succeeded",
        "transfer_group": intent["transfer_group"],
    }


def _outcome(decline: Decline | None) -> Json:
    if decline is None:
        return blank(
            "charge.outcome",
            network_status="approved_by_network",
            risk_level="normal",
            risk_score=20,
            seller_message="Payment complete.",
            type="authorized",
        )
    return blank(
        "charge.outcome",
        advice_code=decline.advice,
        network_decline_code="05",
        network_status="declined_by_network",
        reason=decline.decline_code,
        risk_level="normal",
        risk_score=20,
        seller_message="The bank did not return any further details with this decline.",
        type="issuer_declined",
    )


def _details(intent: Json, method: Json) -> Json:
    card = method["card"]
    same = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding")
    details = blank(
        "charge.payment_method_details.card",
        **{name: card[name] for name in (*same, "last4", "regulated_status")},
        amount_authorized=intent["amount"],
        network=card["brand"],
    )
    for name in ("extended_authorization", "incremental_authorization", "multicapture"):
        details[name] = {"status": "disabled" if name.startswith("ext") else "unavailable"}
    details["overcapture"] = {
        "maximum_amount_capturable": intent["amount"],
        "status": "unavailable",
    }
    return {"card": details, "type": "card"}


def _refunds(storage: Storage, row: Json) -> Json:
    refunds = (one for one in storage.newest_first("refund") if one["charge"] == row["id"])
    return page(refunds, {}, f"/v1/charges/{row['id']}/refunds", kind="refund")


lists_within["charge", "refunds"] = _refunds
