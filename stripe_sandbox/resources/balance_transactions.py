"""Balance transactions: what a charge, a refund or a dispute does to the account's money.

Of one charge and of what became of it, they always add up to what was captured, less what was
refunded, less what is disputed or lost.
"""

from stripe_sandbox.protocol.expansion import as_read
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources.method_types import METHOD_TYPES
from stripe_sandbox.resources.settlements import settle_due
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import Storage

endpoints = Endpoints()

_FILTERS = ("currency", "source", "type")

DISPUTE_FEE = 1500
_AVAILABLE_AFTER = 2 * 24 * 3600
_PROCESSING, _DISPUTE = "Stripe processing fees", "Dispute fee"


def record_charge(sandbox: Sandbox, charge: Json) -> Json:
    """Book the money that was captured, less the fee of its payment method's type."""
    kind = charge["payment_method_details"]["type"]
    known = METHOD_TYPES[kind]
    amount = charge["amount_captured"]
    fee = amount * known.fee_permille // 1000 + known.fee_fixed
    booked_as = ("charge" if kind == "card" else "payment", "charge")
    row = _booked(sandbox, charge, booked_as, amount, fee=fee)
    if sandbox.note(charge["payment_method"]).get("behaviour") == "available_at_once":
        return sandbox.change(row, available_on=sandbox.now())
    return row


def record_refund(sandbox: Sandbox, refund: Json) -> Json:
    """Book the money of a refund. Fees are not given back."""
    is_card = refund["destination_details"]["type"] == "card"
    booked_as = ("refund" if is_card else "payment_refund", "refund")
    return _booked(sandbox, refund, booked_as, -refund["amount"])


def record_refund_failure(sandbox: Sandbox, refund: Json) -> Json:
    """Book the money of a refund that came back."""
    return _booked(sandbox, refund, ("refund_failure", "refund_failure"), refund["amount"])


def record_dispute(sandbox: Sandbox, dispute: Json) -> Json:
    """Book the money that a bank took back, and the fee for that."""
    booked_as = ("adjustment", "dispute")
    amount = -dispute["amount"]
    return _booked(sandbox, dispute, booked_as, amount, fee=DISPUTE_FEE, fee_for=_DISPUTE)


def record_dispute_reversal(sandbox: Sandbox, dispute: Json) -> Json:
    """Book the money of a dispute that was won, its fee included."""
    booked_as = ("adjustment", "dispute_reversal")
    amount = dispute["amount"]
    return _booked(sandbox, dispute, booked_as, amount, fee=-DISPUTE_FEE, fee_for=_DISPUTE)


@endpoints("GET /v1/balance_transactions/{}")
def retrieve(call: Call, transaction_id: str) -> Json:
    """Return one balance transaction."""
    return _as_read(call.sandbox, call.sandbox.get("balance_transaction", transaction_id))


@endpoints("GET /v1/balance_transactions", takes=f"{' '.join(_FILTERS)} payout")
def list_all(call: Call) -> Json:
    """Return balance transactions, filtered by type, currency or source; no payout has any."""
    settle_due(call.sandbox)
    found = listed(
        call.sandbox,
        "balance_transaction",
        call.params,
        "/v1/balance_transactions",
        filters=_FILTERS,
        matches=lambda _: "payout" not in call.params,
    )
    return {**found, "data": [_as_read(call.sandbox, row) for row in found["data"]]}


def _as_read(storage: Storage, row: Json) -> Json:
    """Return a transaction as it stands now: its money becomes available by itself."""
    is_available = row["available_on"] <= storage.now()
    return {**row, "status": "available"} if is_available else row


def _booked(
    sandbox: Sandbox,
    source: Json,
    booked_as: tuple[str, str],
    amount: int,
    *,
    fee: int = 0,
    fee_for: str = _PROCESSING,
) -> Json:
    """Keep a transaction of this type and reporting category."""
    kind, category = booked_as
    detail = blank(
        "balance_transaction.fee_details",
        amount=fee,
        currency=source["currency"],
        description=fee_for,
        type="stripe_fee",
    )
    return sandbox.put(
        {
            "id": sandbox.new_id("txn_"),
            "object": "balance_transaction",
            **blank("balance_transaction"),
            "amount": amount,
            "available_on": sandbox.now() + _AVAILABLE_AFTER,
            "balance_type": "payments",
            "created": sandbox.now(),
            "currency": source["currency"],
            "description": source.get("description"),
            "fee": fee,
            "fee_details": [detail] if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )


as_read["balance_transaction"] = _as_read
