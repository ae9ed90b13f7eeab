"""A charge's fields: what it shows of the payment, the payment method and the outcome."""

from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources.declines import Decline
from stripe_sandbox.resources.method_types import setting
from stripe_sandbox.sandbox import Sandbox

AUTHORIZED_FOR = 7 * 24 * 3600
"""Seconds in which an authorization can be captured."""

_COPIED = (
    "currency",
    "customer",
    "description",
    "metadata",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_SAME_OF_CARD = (
    "brand",
    "checks",
    "country",
    "exp_month",
    "exp_year",
    "fingerprint",
    "funding",
    "last4",
    "regulated_status",
)


def new_charge(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    """Return a charge of the whole intent that has not come to anything yet; it is not kept."""
    return {
        "id": sandbox.new_id("ch_"),
        "object": "charge",
        **blank("charge"),
        **{name: intent[name] for name in _COPIED},
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "STRIPE SANDBOX",
        "captured": False,
        "created": sandbox.now(),
        "disputed": False,
        "fraud_details": {"stripe_report": None, "user_report": None},
        "livemode": False,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(sandbox, intent, method),
        "radar_options": {"session": None},
        "refunded": False,
        "status": "pending",
    }


def succeeded(sandbox: Sandbox, charge: Json) -> Json:
    """Return the fields of a charge that has worked."""
    behaviour = sandbox.note(charge["payment_method"]).get("behaviour")
    level, score = ("elevated", 65) if behaviour == "elevated_risk" else ("normal", 20)
    return {
        "outcome": blank(
            "charge.outcome",
            network_status="approved_by_network",
            risk_level=level,
            risk_score=score,
            seller_message="Payment complete.",
            type="authorized",
        ),
        "paid": True,
        "receipt_url": f"{sandbox.public_url}/receipts/{charge['id']}",
        "status": "succeeded",
    }


def failed(decline: Decline) -> Json:
    """Return the fields of a charge that has failed."""
    return {
        "amount_captured": 0,
        "captured": False,
        "failure_code": decline.code,
        "failure_message": decline.message,
        "outcome": _blocked() if decline.is_blocked else _refused_by_bank(decline),
        "status": "failed",
    }


def _blocked() -> Json:
    return blank(
        "charge.outcome",
        network_status="not_sent_to_network",
        reason="highest_risk_level",
        risk_level="highest",
        risk_score=92,
        seller_message="Stripe blocked this payment as too risky.",
        type="blocked",
    )


def _refused_by_bank(decline: Decline) -> Json:
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


def _details(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    kind = method["type"]
    match kind:
        case "card":
            details = _card(sandbox, intent, method)
        case "sepa_debit":
            known = method["sepa_debit"]
            same = ("bank_code", "branch_code", "country", "fingerprint", "last4")
            details = blank(
                "charge.payment_method_details.sepa_debit", **{name: known[name] for name in same}
            )
        case _:
            details = blank(
                f"charge.payment_method_details.{kind}",
                **method[kind],
                transaction_id=sandbox.new_id("", 16),
            )
    return {kind: details, "type": kind}


def _card(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    card = method["card"]
    details = blank(
        "charge.payment_method_details.card",
        **{name: card[name] for name in _SAME_OF_CARD},
        amount_authorized=intent["amount"],
        network=card["brand"],
    )
    if setting(intent, "card", "capture_method") == "manual":
        details["capture_before"] = sandbox.now() + AUTHORIZED_FOR
    if sandbox.note(intent["id"]).get("approved") == method["id"]:
        details["three_d_secure"] = blank(
            "charge.payment_method_details.card.three_d_secure",
            authentication_flow="challenge",
            electronic_commerce_indicator="05",
            result="authenticated",
            transaction_id=sandbox.new_id("", 24),
            version="2.2.0",
        )
    for name in ("extended_authorization", "incremental_authorization", "multicapture"):
        details[name] = {"status": "disabled" if name.startswith("ext") else "unavailable"}
    details["overcapture"] = {
        "maximum_amount_capturable": intent["amount"],
        "status": "unavailable",
    }
    return details
