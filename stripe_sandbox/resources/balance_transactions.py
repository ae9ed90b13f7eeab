"""Balance transactions: what a charge or a refund does to the account's money, fees included."""

from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.sandbox import Sandbox

endpoints = Endpoints()

_FEE_PERMILLE, _FEE_FIXED = 29, 30
_AVAILABLE_AFTER = 2 * 24 * 3600


def record_charge(sandbox: Sandbox, charge: Json) -> Json:
    """Book the money of a charge, less 2.9 % and 30 minor units."""
    fee = charge["amount"] * _FEE_PERMILLE // 1000 + _FEE_FIXED
    return _booked(sandbox, charge, amount=charge["amount"], fee=fee, kind="charge")


def record_refund(sandbox: Sandbox, refund: Json) -> Json:
    """Book the money of a refund. Fees are not given back."""
    return _booked(sandbox, refund, amount=-refund["amount"], fee=0, kind="refund")


@endpoints("GET /v1/balance_transactions/{}")
def retrieve(call: Call, transaction_id: str) -> Json:
    """Return one balance transaction."""
    return call.sandbox.get("balance_transaction", transaction_id)


@endpoints("GET /v1/balance_transactions")
def list_all(call: Call) -> Json:
    """Return balance transactions, filtered by type, currency or source."""
    wanted = {
        name: call.params[name] for name in ("currency", "source", "type") if name in call.params
    }
    rows = (
        row
        for row in call.sandbox.newest_first("balance_transaction")
        if all(row[name] == value for name, value in wanted.items())
    )
    return page(rows, call.params, "/v1/balance_transactions", kind="balance_transaction")


def _booked(sandbox: Sandbox, source: Json, *, amount: int, fee: int, kind: str) -> Json:
    detail = blank(
        "balance_transaction.fee_details",
        amount=fee,
        currency=source["currency"],
        description="Stripe processing fees",
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
            "description": source["description"],
            "fee": fee,
            "fee_details": [detail] if fee else [],
            "net": amount - fee,
            "reporting_category": kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )
