"""Captures: money that was authorized is taken, in whole or in part, once."""

from stripe_sandbox.protocol.errors import StripeError, invalid
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import attempts
from stripe_sandbox.resources.currencies import shown
from stripe_sandbox.resources.intent_checks import check_status
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.texts import check_texts

endpoints = Endpoints()

_COPIED = ("statement_descriptor", "statement_descriptor_suffix")


@endpoints(
    "POST /v1/payment_intents/{}/capture",
    takes=f"amount_to_capture final_capture metadata {' '.join(_COPIED)}",
)
def capture_intent(call: Call, intent_id: str) -> Json:
    """Take the money that an intent authorized, or a part; the bank releases the rest."""
    sandbox, params = call.sandbox, call.params
    intent = sandbox.get("payment_intent", intent_id, param="intent")
    if params.get("final_capture") is False:
        raise invalid("Multicapture is not available for this PaymentIntent.", "final_capture")
    return _captured(call, intent, "amount_to_capture")


@endpoints("POST /v1/charges/{}/capture", takes=f"amount {' '.join(_COPIED)}")
def capture_charge(call: Call, charge_id: str) -> Json:
    """Take the money of an authorized charge: the same as capturing its intent."""
    sandbox = call.sandbox
    charge = sandbox.get("charge", charge_id, param="charge")
    if charge["captured"]:
        raise StripeError(
            f"Charge {charge_id} has already been captured.",
            code="charge_already_captured",
            charge=charge_id,
        )
    intent = sandbox.get("payment_intent", charge["payment_intent"])
    _captured(call, intent, "amount")
    return sandbox.get("charge", charge_id)


def _captured(call: Call, intent: Json, param: str) -> Json:
    """Take what the parameter says, or all; raise 400 for more than was authorized."""
    params = call.params
    check_status(intent, {"requires_capture"}, "capture")
    left: int = intent["amount_capturable"]
    amount: int = params.get(param, left)
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param, "parameter_invalid_integer"
        )
    if amount > left:
        currency = intent["currency"]
        raise invalid(
            f"The amount to capture ({shown(amount, currency)}) is greater than the amount that "
            f"can be captured ({shown(left, currency)}).",
            param,
            "amount_too_large",
        )
    check_texts(params)
    fields = {name: params[name] for name in _COPIED if name in params}
    if "metadata" in params:
        fields["metadata"] = merged(intent["metadata"], params["metadata"])
    return attempts.captured(call.sandbox, intent, amount, **fields)
