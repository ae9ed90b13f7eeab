"""A refund's fields, and what may be refunded of a charge."""

from stripe_sandbox.protocol.errors import StripeError, invalid, required
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources.currencies import shown
from stripe_sandbox.resources.disputes import unrefunded
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.sandbox import Sandbox


def refundable_charge(sandbox: Sandbox, params: Json) -> Json:
    """Return the charge to refund; raise 400 when there is none that took money."""
    charge = _named_charge(sandbox, params)
    if not charge["captured"]:
        raise StripeError(
            f"Charge {charge['id']} cannot be refunded: it did not take any money.", param="charge"
        )
    if charge["status"] != "succeeded":
        raise StripeError(
            f"Charge {charge['id']} cannot be refunded yet: it is {charge['status']}.",
            param="charge",
        )
    if charge["disputed"] and not _is_refundable(sandbox, charge):
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            charge=charge["id"],
        )
    return charge


def refundable_amount(charge: Json, asked: int | None) -> int:
    """Return the amount to refund, all that is left if none was asked; 400 for more than that."""
    left = unrefunded(charge)
    if left == 0:
        raise StripeError(
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
            charge=charge["id"],
        )
    amount = left if asked is None else asked
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer"
        )
    if amount > left:
        raise invalid(
            f"Refund amount ({shown(amount, charge['currency'])}) is greater than unrefunded "
            f"amount on charge ({shown(left, charge['currency'])})",
            "amount",
        )
    return amount


def new_refund(sandbox: Sandbox, charge: Json, params: Json) -> Json:
    """Return a refund that has worked; it is not kept, and nothing is booked yet."""
    return {
        "id": sandbox.new_id("re_"),
        "object": "refund",
        **blank("refund"),
        "amount": refundable_amount(charge, params.get("amount")),
        "charge": charge["id"],
        "created": sandbox.now(),
        "currency": charge["currency"],
        "destination_details": _destination(charge["payment_method_details"]["type"]),
        "instructions_email": params.get("instructions_email"),
        "metadata": merged({}, params.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "status": "succeeded",
    }


def _named_charge(sandbox: Sandbox, params: Json) -> Json:
    if "charge" in params and "payment_intent" in params:
        raise invalid(
            "You may only specify one of these parameters: charge, payment_intent.",
            "payment_intent",
            "parameters_exclusive",
        )
    if "charge" in params:
        return sandbox.get("charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise required("payment_intent")
    intent = sandbox.get("payment_intent", params["payment_intent"], param="payment_intent")
    found = sandbox.find("charge", intent["latest_charge"])
    if found is None or intent["status"] != "succeeded":
        raise StripeError(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return found


def _is_refundable(sandbox: Sandbox, charge: Json) -> bool:
    disputes = sandbox.newest_first("dispute")
    return all(row["is_charge_refundable"] for row in disputes if row["charge"] == charge["id"])


def _destination(kind: str) -> Json:
    if kind != "card":
        return {"type": kind}
    card = blank(
        "refund.destination_details.card",
        reference_status="pending",
        reference_type="acquirer_reference_number",
        type="refund",
    )
    return {"card": card, "type": "card"}
