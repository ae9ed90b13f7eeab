"""What is read out of Stripe's objects and events, and what isn't."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storefront.evidence import (
    EVENT_VERDICTS,
    MOVING_EVENTS,
    Event,
    MalformedEvent,
    evidence_of_event,
    evidence_of_reread,
    read_event,
    read_snapshot,
    without_client_secrets,
)
from storefront.lifecycle import Evidence, Verdict
from tests.shop import Shop
from tests.webhooks.telling import paid, the

INTENT: dict[str, Any] = {"object": "payment_intent", "id": "pi_1", "status": "requires_action"}
SESSION: dict[str, Any] = {"object": "checkout.session", "id": "cs_test_1", "status": "open"}
FAILED = {"last_payment_error": {"code": "card_declined", "message": "No."}}


def verdict_on(found: dict[str, Any]) -> Verdict:
    """Return what a re-read of an object says."""
    snapshot = read_snapshot(found)
    assert snapshot
    return evidence_of_reread(snapshot, as_of=7).verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"status": "requires_payment_method"}, Verdict.CREATED),
        ({"status": "requires_payment_method", **FAILED}, Verdict.ATTEMPT_FAILED),
        ({"status": "requires_confirmation"}, Verdict.CREATED),
        ({"status": "requires_action"}, Verdict.REQUIRES_ACTION),
        ({"status": "requires_action", **FAILED}, Verdict.REQUIRES_ACTION),
        ({"status": "processing"}, Verdict.PROCESSING),
        ({"status": "requires_capture"}, Verdict.PROCESSING),
        ({"status": "canceled", **FAILED}, Verdict.INTENT_CANCELED),
        ({"status": "succeeded"}, Verdict.SUCCEEDED),
        ({"status": "of_tomorrow"}, Verdict.CREATED),
    ],
)
def test_an_intent_says_what_the_table_says(changes: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_on(INTENT | changes) is verdict


@pytest.mark.parametrize(
    ("status", "payment_status", "intent", "verdict"),
    [
        ("open", "unpaid", None, Verdict.CREATED),
        ("expired", "unpaid", None, Verdict.SESSION_EXPIRED),
        ("complete", "paid", "pi_1", Verdict.SUCCEEDED),
        ("complete", "unpaid", "pi_1", Verdict.SESSION_UNPAID),
        ("complete", "unpaid", {"status": "processing"}, Verdict.SESSION_UNPAID),
        ("complete", "unpaid", {"status": "canceled"}, Verdict.ASYNC_PAYMENT_FAILED),
        (
            "complete", "unpaid", {"status": "requires_payment_method"},
            Verdict.ASYNC_PAYMENT_FAILED,
        ),
    ],
)  # fmt: skip
def test_a_session_says_what_the_table_says(
    status: str, payment_status: str, intent: object, verdict: Verdict
) -> None:
    found = {"status": status, "payment_status": payment_status, "payment_intent": intent}

    assert verdict_on(SESSION | found) is verdict


@pytest.mark.parametrize("type_", sorted(EVENT_VERDICTS))
def test_an_event_is_evidence_of_its_own_second(type_: str) -> None:
    snapshot = read_snapshot(INTENT)
    assert snapshot
    event = Event("evt_1", type_, 9, None, False, None, INTENT)

    assert evidence_of_event(event, snapshot) == Evidence(EVENT_VERDICTS[type_], 9, "evt_1")


@pytest.mark.parametrize(
    ("payment_status", "verdict"),
    [("paid", Verdict.SUCCEEDED), ("unpaid", Verdict.SESSION_UNPAID)],
)
def test_a_completed_session_is_paid_only_when_it_says_so(
    payment_status: str, verdict: Verdict
) -> None:
    snapshot = read_snapshot(SESSION | {"status": "complete", "payment_status": payment_status})
    assert snapshot
    event = Event("evt_1", "checkout.session.completed", 9, None, False, None, SESSION)

    assert evidence_of_event(event, snapshot).verdict is verdict


def test_the_events_that_move_something_are_these() -> None:
    """Refunds and disputes come with their own tables."""
    assert {
        "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.processing",
        "payment_intent.canceled", "payment_intent.requires_action",
        "checkout.session.completed", "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed", "checkout.session.expired",
    } <= MOVING_EVENTS  # fmt: skip


def test_an_expanded_object_reads_like_an_id() -> None:
    """WH-28: what a field holds depends on the version and on who asked."""
    one = read_snapshot(SESSION | {"payment_intent": "pi_1"})
    other = read_snapshot(SESSION | {"payment_intent": {"id": "pi_1", "object": "payment_intent"}})

    assert one == other


def test_what_was_received_is_read_only_once_it_was_received() -> None:
    amounts = {"amount": 1000, "amount_received": 900, "currency": "usd"}
    asked = read_snapshot(INTENT | amounts)
    received = read_snapshot(INTENT | amounts | {"status": "succeeded"})

    assert (asked and asked.amount, received and received.amount) == (1000, 900)


def test_other_objects_are_not_read() -> None:
    assert read_snapshot({"object": "refund", "id": "re_1"}) is None
    assert read_snapshot({}) is None


@pytest.mark.parametrize("missing", ["id", "type"])
def test_an_envelope_without_its_names_is_refused(missing: str) -> None:
    document = {"id": "evt_1", "type": "ping"}
    assert read_event(document).id == "evt_1"

    with pytest.raises(MalformedEvent):
        read_event({name: value for name, value in document.items() if name != missing})


@pytest.mark.parametrize("indent", [None, 2])
def test_no_client_secret_is_kept(sqlite_shop: Shop, indent: int | None) -> None:
    """Whoever holds one can act on the payment; everything else is stored as it came."""
    paid(sqlite_shop)
    event = the(sqlite_shop, "payment_intent.succeeded")
    secret = event["data"]["object"]["client_secret"]
    stored = without_client_secrets(json.dumps(event, indent=indent).encode())

    event["data"]["object"]["client_secret"] = None
    assert secret not in stored
    assert json.loads(stored) == event
