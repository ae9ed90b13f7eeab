"""The calls in the outbox, made: by whoever is there, several at once, and none of them twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from storefront import calls, outbox, refund_reports, refunds
from storefront.config import settings
from storefront.db import reading
from storefront.gateway import gateway
from storefront.gateway_errors import GatewayError, GatewayMisuse, GatewayUnavailable, KeySpent
from storefront.models import OutboxCall, Payment, Refund
from storefront.reports import RefundReport

log = logging.getLogger(__name__)


def run(*, at_most: int = 1000) -> int:
    """Make the calls that are due; returns how many succeeded. Safe to run several at once."""
    done = 0
    for _ in range(at_most):
        call = outbox.take_next()
        if call is None:
            break
        done += _make(call)
    return done


def _make(call: OutboxCall) -> bool:
    try:
        with calls.kept_with(call.payment_id):
            ERRANDS[call.kind](call)
    except KeySpent:
        outbox.change_key(call)
        _log(call, "postponed", "key_spent")
    except GatewayError as error:
        if isinstance(error, GatewayMisuse) and error.is_refusal:
            _give_up(call, error)
        else:
            _log(call, "postponed", error.code)
    else:
        outbox.finish(call)
        return True
    return False


def _give_up(call: OutboxCall, error: GatewayMisuse) -> None:
    """Note that Stripe refuses the request itself; a key that it refuses may be put right."""
    if call.kind == outbox.REFUND:
        refunds.note_refusal(call.arguments["refund_id"], error.code)
    outbox.finish(call, error=str(error))
    _log(call, "refused", error.code)


def _log(call: OutboxCall, outcome: str, code: str | None) -> None:
    log.warning("outbox=%d kind=%s outcome=%s code=%s", call.id, call.kind, outcome, code)


def _refund(call: OutboxCall) -> None:
    """Ask Stripe for a refund of ours, once.

    Every try but the first looks whether an earlier one was heard: its key may be spent on an old
    failure, or forgotten after a day. A refusal is read against what has gone back another way.
    """
    refund_id = call.arguments["refund_id"]
    with reading() as session:
        refund = session.get_one(Refund, refund_id)
        payment = session.get_one(Payment, refund.payment_id)
    intent_id = _intent_of(payment)
    names = {"refund_id": refund_id, "payment_id": payment.id, "order_id": payment.order_id}
    report = _already_made(intent_id, refund_id) if call.attempts else None
    try:
        report = report or gateway().refund(
            intent_id,
            refund.amount,
            metadata={**names, "store_id": settings().store_id},
            idempotency_key=call.idempotency_key,
        )
    except GatewayMisuse:
        _list_refunds(call)
        raise
    refund_reports.apply_report(report)


def _already_made(intent_id: str, refund_id: str) -> RefundReport | None:
    reports = gateway().refunds_of(intent_id)
    return next((each for each in reports if each.refund_id == refund_id), None)


def _list_refunds(call: OutboxCall) -> None:
    """Apply every refund that Stripe has of a payment."""
    with reading() as session:
        payment = session.get_one(Payment, call.payment_id)
    for report in gateway().refunds_of(_intent_of(payment)):
        refund_reports.apply_report(report)


def _intent_of(payment: Payment) -> str:
    if payment.payment_intent_id is None:
        raise GatewayUnavailable("The payment's intent isn't known yet.")
    return payment.payment_intent_id


ERRANDS: Mapping[str, Callable[[OutboxCall], None]] = {
    outbox.REFUND: _refund,
    outbox.LIST_REFUNDS: _list_refunds,
}
