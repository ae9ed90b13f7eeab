"""A dispute's fields, and which test values lead to which dispute."""

from dataclasses import dataclass

from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.sandbox import Sandbox

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Kind:
    """What a bank complains about. An inquiry asks first and takes no money yet."""

    reason: str = "fraudulent"
    network_reason_code: str = "10.4"
    is_inquiry: bool = False


DISPUTES = {
    "dispute": Kind(),
    "dispute_not_received": Kind("product_not_received", "13.1"),
    "dispute_inquiry": Kind("fraudulent", "10", is_inquiry=True),
}
"""By the behaviour of a test card; a debit from the IBAN that is disputed is taken back as well."""

TEXTS = {"losing_evidence": "lost", "winning_evidence": "won"}
"""What the bank decides at once about these words as `evidence[uncategorized_text]`."""
ESCALATING = "escalate_inquiry_evidence"
"""The words that make an inquiry a chargeback."""

FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
"""The evidence that is a file, of which the sandbox keeps none."""

TIME_TO_ANSWER, TIME_OF_AN_INQUIRY = 20 * DAY, 120 * DAY


def new_dispute(sandbox: Sandbox, charge: Json, amount: int, kind: Kind) -> Json:
    """Return a dispute of `amount` of a charge; it is not kept, and took no money yet."""
    is_card = charge["payment_method_details"]["type"] == "card"
    waits = TIME_OF_AN_INQUIRY if kind.is_inquiry else TIME_TO_ANSWER
    return {
        "id": sandbox.new_id("du_"),
        "object": "dispute",
        **blank("dispute"),
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": sandbox.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {
            **blank("dispute.evidence", enhanced_evidence={}),
            "customer_email_address": charge["receipt_email"],
            "customer_name": charge["billing_details"]["name"],
        },
        "evidence_details": _evidence_details(sandbox.now() + waits if is_card else 0),
        "is_charge_refundable": kind.is_inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": kind.network_reason_code if is_card else None,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _details(charge, kind) if is_card else None,
        "reason": kind.reason if is_card else "debit_not_authorized",
        "status": "warning_needs_response" if kind.is_inquiry else "needs_response",
    }


def as_chargeback(sandbox: Sandbox, dispute: Json, amount: int) -> Json:
    """Return an inquiry that has become a chargeback of `amount`, to be answered anew."""
    details = dispute["payment_method_details"]
    card = details and {**details["card"], "case_type": "chargeback"}
    return {
        **dispute,
        "amount": amount,
        "evidence_details": _evidence_details(sandbox.now() + TIME_TO_ANSWER),
        "is_charge_refundable": False,
        "payment_method_details": details and {**details, "card": card},
        "status": "needs_response",
    }


def _evidence_details(due_by: int) -> Json:
    return {
        "due_by": due_by,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "submission_method": "not_submitted",
    }


def _details(charge: Json, kind: Kind) -> Json:
    brand = charge["payment_method_details"]["card"]["brand"]
    card = blank(
        "dispute.payment_method_details.card",
        brand=brand,
        case_type="inquiry" if kind.is_inquiry else "chargeback",
        network=brand,
        network_reason_code=kind.network_reason_code,
    )
    return {"card": card, "type": "card"}
