"""A webhook endpoint as one writes it without a framework for the database: DB-API, by hand.

The yardstick for the shop's own, on the same tables and with the same guarantees: the signature is
checked before anything is parsed; an event counts once, by its id; payment and order change by
compare-and-set, together with their history, in one durable commit; on SQLite writers wait their
turn, and not for ever. It knows one type of event, and nothing of what doesn't fit.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, jsonify, request

from benchmarks.by_hand_databases import Busy, Database, LostRace

TOLERANCE = 300

FIND = """
    SELECT payments.id, payments.status, payments.amount_received, orders.id AS order_id,
           orders.version, orders.status AS order_status, orders.amount_total, orders.currency,
           orders.closed_reason, orders.settled_by
    FROM payments JOIN orders ON orders.id = payments.order_id
    WHERE payments.payment_intent_id = :intent
"""
RECORD = """
    INSERT INTO stripe_events (id, type, created, api_version, is_live, payload, outcome,
        payment_id, object_payment_id, object_order_id, received_at, deliveries)
    VALUES (:id, :type, :created, :api_version, :is_live, :payload, :outcome, :payment_id,
        :object_payment_id, :object_order_id, :now, 1)
    ON CONFLICT DO NOTHING
"""
ONCE_MORE = "UPDATE stripe_events SET deliveries = deliveries + 1 WHERE id = :id"
PAY_PAYMENT = """
    UPDATE payments SET status = 'succeeded', is_live = :no, amount_received = :amount,
        paid_at = :paid_at, evidence = 'succeeded', evidence_created = :created,
        last_event_id = :event_id, updated_at = :now
    WHERE id = :id AND status = :before
"""
PAY_ORDER = """
    UPDATE orders SET status = 'paid', settled_by = :payment_id, paid_at = :paid_at,
        version = version + 1
    WHERE id = :id AND version = :version
"""
REMEMBER = """
    INSERT INTO transitions (order_id, payment_id, before, after, cause, at)
    VALUES (:order_id, :payment_id, :payment_before, 'succeeded', :cause, :now),
           (:order_id, NULL, :order_before, 'paid', :cause, :now)
"""


def create_app(database: Database, secret: str) -> Flask:
    """Make the yardstick: an endpoint that pays orders, and one that only checks the signature."""
    app = Flask("by_hand")

    @app.post("/")
    def receive() -> Any:
        body = request.get_data()
        if not is_signed(body, request.headers.get("Stripe-Signature", ""), secret):
            return jsonify(error="signature"), 400
        event = json.loads(body)
        try:
            return jsonify(outcome=database.write(lambda run: apply(run, event, body.decode())))
        except Busy:
            return jsonify(error="busy"), 503

    @app.post("/verify")
    def verify() -> Any:
        if not is_signed(request.get_data(), request.headers.get("Stripe-Signature", ""), secret):
            return jsonify(error="signature"), 400
        return jsonify(outcome="verified")

    @app.get("/durability")
    def durability() -> Any:
        return jsonify(database.durability())

    return app


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Check Stripe's signature: https://docs.stripe.com/webhooks#verify-manually."""
    parts = dict(re.findall(r"(t|v1)=([0-9a-f]+)", header))
    signed = hmac.digest(secret.encode(), parts.get("t", "").encode() + b"." + body, "sha256")
    is_recent = abs(time.time() - int(parts.get("t", 0))) <= TOLERANCE
    return is_recent and hmac.compare_digest(signed.hex(), parts.get("v1", ""))


def apply(run: Callable[..., Any], event: dict[str, Any], payload: str) -> str:
    """Record the event once and pay what it pays; returns the outcome. Raises LostRace."""
    found, now = event["data"]["object"], datetime.now(UTC)
    payment, outcome = None, "ignored"
    if event["type"] == "payment_intent.succeeded":
        payment = run(FIND, intent=found["id"]).fetchone()
        outcome = outcome_for(payment, found)
    row = {name: event[name] for name in ("id", "type", "created", "api_version")}
    is_first = run(
        RECORD,
        **row,
        is_live=event["livemode"],
        payload=payload,
        outcome=outcome,
        payment_id=payment and payment.id,
        object_payment_id=found["metadata"].get("payment_id"),
        object_order_id=found["metadata"].get("order_id"),
        now=now,
    ).rowcount
    if not is_first:
        run(ONCE_MORE, id=event["id"])
        return "duplicate"
    if outcome == "applied":
        pay(run, payment, event, now)
    return outcome


def outcome_for(payment: Any, found: dict[str, Any]) -> str:
    """Say what money that arrived does to its payment and order."""
    if payment is None:
        return "parked"
    if payment.status == "succeeded":
        return "stale"
    is_due = (found["amount_received"], found["currency"]) == (
        payment.amount_total, payment.currency,
    )  # fmt: skip
    is_open = payment.closed_reason is None and payment.settled_by is None
    return "applied" if is_due and is_open else "mismatch"


def pay(run: Callable[..., Any], payment: Any, event: dict[str, Any], now: datetime) -> None:
    """Move the payment and its order from what was read, and write that down."""
    paid_at = datetime.fromtimestamp(event["created"], UTC)
    changed = [
        run(
            PAY_PAYMENT,
            id=payment.id,
            before=payment.status,
            no=False,
            amount=event["data"]["object"]["amount_received"],
            paid_at=paid_at,
            created=event["created"],
            event_id=event["id"],
            now=now,
        ).rowcount,
        run(
            PAY_ORDER,
            id=payment.order_id,
            version=payment.version,
            payment_id=payment.id,
            paid_at=paid_at,
        ).rowcount,
    ]
    if changed != [1, 1]:
        raise LostRace
    run(
        REMEMBER,
        order_id=payment.order_id,
        payment_id=payment.id,
        payment_before=payment.status,
        order_before=payment.order_status,
        cause=event["id"],
        now=now,
    )
