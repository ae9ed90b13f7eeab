"""Refunds: money given back, never more than was taken."""

from stripe_sandbox.protocol.errors import StripeError, invalid, required
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import balance_transactions
from stripe_sandbox.resources.currencies import shown
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()


@endpoints("POST /v1/refunds")
def create(call: Call) -> Json:
    """Give back a charge, in part or whole. Raises 400 for more than is left of it."""
    sandbox, params = call.sandbox, call.params
    charge = _charge(sandbox, params)
    amount = _amount(charge, params.get("amount"))
    refund = _row(sandbox, charge, amount, params)
    transaction = balance_transactions.record_refund(sandbox, refund)
    refund = sandbox.put({**refund, "balance_transaction": transaction["id"]})
    emit(sandbox, "refund.created", refund)
    refunded = charge["amount_refunded"] + amount
    after = sandbox.change(
        charge, amount_refunded=refunded, refunded=refunded == charge["amount_captured"]
    )
    emit(sandbox, "charge.refunded", after, before=charge)
    return _referenced(sandbox, refund)


@endpoints("GET /v1/refunds/{}")
def retrieve(call: Call, refund_id: str) -> Json:
    """Return one refund."""
    return call.sandbox.get("refund", refund_id)


@endpoints("POST /v1/refunds/{}")
def update(call: Call, refund_id: str) -> Json:
    """Change a refund's metadata."""
    refund = call.sandbox.get("refund", refund_id)
    if "metadata" not in call.params:
        return refund
    return _updated(
        call.sandbox, refund, metadata=merged(refund["metadata"], call.params["metadata"])
    )


@endpoints("GET /v1/refunds")
def list_all(call: Call) -> Json:
    """Return refunds: all, or those of one charge or payment intent."""
    names = ("charge", "payment_intent")
    wanted = {name: call.params[name] for name in names if name in call.params}
    rows = (
        row
        for row in call.sandbox.newest_first("refund")
        if all(row[name] == value for name, value in wanted.items())
    )
    return page(rows, call.params, "/v1/refunds", kind="refund")


def _charge(sandbox: Sandbox, params: Json) -> Json:
    """Return the charge to refund; raise 400 when there is none that took money."""
    if "charge" in params and "payment_intent" in params:
        raise invalid(
            "You may only specify one of these parameters: charge, payment_intent.",
            "payment_intent",
            "parameters_exclusive",
        )
    if "charge" in params:
        charge = sandbox.get("charge", params["charge"], param="charge")
    elif "payment_intent" in params:
        intent = sandbox.get("payment_intent", params["payment_intent"], param="payment_intent")
        found = sandbox.find("charge", intent["latest_charge"])
        if found is None or not found["captured"]:
            raise StripeError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = found
    else:
        raise required("payment_intent")
    if not charge["captured"]:
        raise StripeError(
            f"Charge {charge['id']} cannot be refunded: it did not take any money.", param="charge"
        )
    return charge


def _amount(charge: Json, asked: int | None) -> int:
    left = charge["amount_captured"] - charge["amount_refunded"]
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


def _row(sandbox: Sandbox, charge: Json, amount: int, params: Json) -> Json:
    return {
        "id": sandbox.new_id("re_"),
        "object": "refund",
        **blank("refund"),
        "amount": amount,
        "charge": charge["id"],
        "created": sandbox.now(),
        "currency": charge["currency"],
        "destination_details": {
            "card": blank(
                "refund.destination_details.card",
                reference_status="pending",
                reference_type="acquirer_reference_number",
                type="refund",
            ),
            "type": "card",
        },
        "metadata": merged({}, params.get("metadata", {})),
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "status": "succeeded",
    }


def _referenced(sandbox: Sandbox, refund: Json) -> Json:
    """Give the refund the bank's reference, which Stripe learns a little later."""
    details = refund["destination_details"]
    card = {
        **details["card"],
        "reference": str(sandbox.new_id("", 23)),
        "reference_status": "available",
    }
    return _updated(sandbox, refund, destination_details={**details, "card": card})


def _updated(sandbox: Sandbox, refund: Json, **fields: Json) -> Json:
    """Change a refund and say so twice, as Stripe does: under its new name and its old one."""
    after = sandbox.change(refund, **fields)
    emit(sandbox, "refund.updated", after, before=refund)
    emit(sandbox, "charge.refund.updated", after, before=refund)
    return after
