"""Charges: one for each attempt at a payment, and the money they move.

pending → succeeded | failed, or one of those at once; what succeeded may still have to be captured.
Every change emits its event; the functions expect the lock to be held.
"""

from typing import Any

from stripe_sandbox.protocol.expansion import lists_within
from stripe_sandbox.protocol.pagination import listed, page
from stripe_sandbox.protocol.search import searched
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import balance_transactions, charge_fields, customers
from stripe_sandbox.resources.declines import Decline
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.intent_fields import shipping
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.method_types import setting
from stripe_sandbox.resources.settlements import settle_due
from stripe_sandbox.resources.texts import check_texts
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import Storage

endpoints = Endpoints()

_FILTERS = ("customer", "payment_intent", "transfer_group")


def take(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    """Charge `method` for an intent: take the money, or only authorize it."""
    row = charge_fields.new_charge(sandbox, intent, method)
    row |= charge_fields.succeeded(sandbox, row)
    if setting(intent, method["type"], "capture_method") != "manual":
        row = _booked(sandbox, row, row["amount"])
    return _emitted(sandbox, "charge.succeeded", row)


def decline(sandbox: Sandbox, intent: Json, method: Json, reason: Decline) -> Json:
    """Charge `method` for an intent, in vain."""
    row = charge_fields.new_charge(sandbox, intent, method)
    return _emitted(sandbox, "charge.failed", row | charge_fields.failed(reason))


def begin(sandbox: Sandbox, intent: Json, method: Json) -> Json:
    """Begin a charge of which it is known only later if it works: `settled` or `bounced`."""
    row = charge_fields.new_charge(sandbox, intent, method)
    row |= {"amount_captured": row["amount"], "captured": True}
    return _emitted(sandbox, "charge.pending", row)


def settled(sandbox: Sandbox, charge: Json) -> Json:
    """Let a pending charge succeed, its money booked."""
    row = _booked(
        sandbox, charge | charge_fields.succeeded(sandbox, charge), charge["amount_captured"]
    )
    return _emitted(sandbox, "charge.succeeded", row, before=charge)


def bounced(sandbox: Sandbox, charge: Json, reason: Decline) -> Json:
    """Let a pending charge fail."""
    row = charge | charge_fields.failed(reason)
    return _emitted(sandbox, "charge.failed", row, before=charge)


def capture(sandbox: Sandbox, charge: Json, amount: int, **fields: Any) -> Json:
    """Take `amount` of what was authorized; the bank releases the rest."""
    row = _booked(sandbox, {**charge, **fields}, amount)
    return _emitted(sandbox, "charge.captured", row, before=charge)


def give_back(sandbox: Sandbox, charge: Json, amount: int) -> Json:
    """Count `amount` as refunded; less than 0 when a refund has come to nothing."""
    refunded = charge["amount_refunded"] + amount
    return sandbox.change(
        charge, amount_refunded=refunded, refunded=refunded == charge["amount_captured"]
    )


@endpoints("GET /v1/charges/{}")
def retrieve(call: Call, charge_id: str) -> Json:
    """Return one charge."""
    settle_due(call.sandbox)
    return call.sandbox.get("charge", charge_id)


@endpoints(
    "POST /v1/charges/{}",
    takes="customer description fraud_details metadata receipt_email shipping transfer_group",
)
def update(call: Call, charge_id: str) -> Json:
    """Change what is written on a charge, never its money."""
    sandbox, params = call.sandbox, call.params
    charge = sandbox.get("charge", charge_id)
    check_texts(params)
    names = ("customer", "description", "receipt_email", "transfer_group")
    fields: Json = {name: params[name] for name in names if name in params}
    if params.get("customer"):
        customers.get_known(sandbox, params["customer"])
    if "metadata" in params:
        fields["metadata"] = merged(charge["metadata"], params["metadata"])
    if "shipping" in params:
        fields["shipping"] = shipping(params["shipping"])
    if given := params.get("fraud_details"):
        fields["fraud_details"] = {**charge["fraud_details"], **given}
    if all(charge[name] == value for name, value in fields.items()):
        return charge
    return _emitted(sandbox, "charge.updated", {**charge, **fields}, before=charge)


@endpoints("GET /v1/charges", takes=" ".join(_FILTERS))
def list_all(call: Call) -> Json:
    """Return charges, all or those of one payment intent, customer or transfer group."""
    settle_due(call.sandbox)
    return listed(call.sandbox, "charge", call.params, "/v1/charges", filters=_FILTERS)


@endpoints("GET /v1/charges/search", takes="query page")
def search(call: Call) -> Json:
    """Return the charges that a query finds."""
    settle_due(call.sandbox)
    return searched(call.sandbox, "charge", call.params, "/v1/charges/search")


def _booked(sandbox: Sandbox, charge: Json, amount: int) -> Json:
    """Return the charge with `amount` taken and on the account."""
    taken = {**charge, "amount_captured": amount, "captured": True}
    transaction = balance_transactions.record_charge(sandbox, taken)
    return {**taken, "balance_transaction": transaction["id"]}


def _emitted(sandbox: Sandbox, kind: str, row: Json, *, before: Json | None = None) -> Json:
    """Keep a charge and say what happened to it."""
    sandbox.put(row)
    emit(sandbox, kind, row, before=before)
    return row


def _refunds(storage: Storage, row: Json) -> Json:
    refunds = (one for one in storage.newest_first("refund") if one["charge"] == row["id"])
    return page(refunds, {}, f"/v1/charges/{row['id']}/refunds", kind="refund")


lists_within["charge", "refunds"] = _refunds
