"""Disputes: a bank takes the money back, and what can be done about that."""

from typing import Any

import pytest
import stripe

from stripe_sandbox.resources import disputes
from tests.sandbox.conftest import World

DAY = 24 * 3600
FEE = 1500


def disputed(world: World, name: str = "") -> Any:
    """Pay with a card that disputes, and return the dispute."""
    intent = world.paid(f"pm_card_createDispute{name}")
    return world.stripe.disputes.list({"payment_intent": intent.id}).data[0]


def answered(world: World, dispute: Any, words: str) -> Any:
    return world.stripe.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})


def balance(world: World) -> int:
    rows = world.stripe.balance_transactions.list({"limit": 100}).data
    return sum(row.amount for row in rows)


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("createDispute", "fraudulent", "needs_response"),
        ("createDisputeProductNotReceived", "product_not_received", "needs_response"),
        ("createDisputeInquiry", "fraudulent", "warning_needs_response"),
    ],
)
def test_a_card_that_disputes_does_so_at_once(
    world: World, card: str, reason: str, status: str
) -> None:
    intent = world.paid(f"pm_card_{card}")

    [dispute] = world.stripe.disputes.list({"payment_intent": intent.id}).data

    assert (dispute.reason, dispute.status, dispute.amount) == (reason, status, 1000)
    assert dispute.charge == intent.latest_charge
    assert world.stripe.charges.retrieve(intent.latest_charge).disputed


def test_a_dispute_takes_the_money_and_a_fee(world: World) -> None:
    dispute = disputed(world)

    [taken] = dispute.balance_transactions
    assert (taken.amount, taken.fee, taken.net) == (-1000, FEE, -1000 - FEE)
    assert (taken.source, taken.reporting_category) == (dispute.id, "dispute")
    assert balance(world) == 0
    assert world.event_types()[-3:] == [
        "payment_intent.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]


def test_an_inquiry_takes_nothing(world: World) -> None:
    dispute = disputed(world, "Inquiry")

    assert (dispute.balance_transactions, dispute.is_charge_refundable) == ([], True)
    assert dispute.payment_method_details.card.case_type == "inquiry"
    assert balance(world) == 1000
    assert world.event_types()[-1] == "charge.dispute.created"


@pytest.mark.parametrize(
    ("words", "status", "left"),
    [
        ("winning_evidence", "won", 1000),
        ("losing_evidence", "lost", 0),
        ("It was delivered.", "under_review", 0),
    ],
)
def test_evidence_decides(world: World, words: str, status: str, left: int) -> None:
    dispute = disputed(world)

    after = answered(world, dispute, words)

    assert (after.status, balance(world)) == (status, left)
    assert after.evidence_details.submission_count == 1
    assert world.event_types()[-1] == _LAST[status]
    fees = sum(row.fee for row in after.balance_transactions)
    assert fees == (0 if status == "won" else FEE)


_LAST = {
    "lost": "charge.dispute.closed",
    "under_review": "charge.dispute.updated",
    "won": "charge.dispute.funds_reinstated",
}


@pytest.mark.parametrize(
    ("words", "status", "left"),
    [
        ("winning_evidence", "warning_closed", 1000),
        ("losing_evidence", "warning_closed", 1000),
        ("It was delivered.", "warning_under_review", 1000),
        ("escalate_inquiry_evidence", "needs_response", 0),
    ],
)
def test_an_inquiry_closes_or_becomes_a_chargeback(
    world: World, words: str, status: str, left: int
) -> None:
    after = answered(world, disputed(world, "Inquiry"), words)

    assert (after.status, balance(world)) == (status, left)


def test_an_escalated_inquiry_takes_no_more_than_is_left(world: World) -> None:
    dispute = disputed(world, "Inquiry")
    world.stripe.refunds.create({"charge": dispute.charge, "amount": 300})

    after = answered(world, dispute, "escalate_inquiry_evidence")

    assert (after.amount, balance(world)) == (700, 0)


def test_staged_evidence_is_submitted_later(world: World) -> None:
    dispute = disputed(world)
    evidence = {"evidence": {"customer_name": "A"}, "submit": False}

    staged = world.stripe.disputes.update(dispute.id, evidence)
    submitted = world.stripe.disputes.update(dispute.id, {"submit": True})

    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert (submitted.status, submitted.evidence.customer_name) == ("under_review", "A")
    with pytest.raises(stripe.InvalidRequestError, match="takes no more evidence"):
        world.stripe.disputes.update(dispute.id, evidence)


def test_metadata_changes_at_any_time_and_submits_nothing(world: World) -> None:
    dispute = disputed(world)

    after = world.stripe.disputes.update(dispute.id, {"metadata": {"case": "1"}})

    event = world.stripe.events.list({"type": "charge.dispute.updated"}).data[0]
    assert (after.status, after.metadata.to_dict()) == ("needs_response", {"case": "1"})
    assert event.data.previous_attributes.to_dict() == {"metadata": {}}


@pytest.mark.parametrize(("name", "status"), [("", "lost"), ("Inquiry", "warning_closed")])
def test_a_dispute_can_be_given_up_once(world: World, name: str, status: str) -> None:
    dispute = disputed(world, name)

    assert world.stripe.disputes.close(dispute.id).status == status
    with pytest.raises(stripe.InvalidRequestError, match="cannot be closed"):
        world.stripe.disputes.close(dispute.id)
    assert world.event_types().count("charge.dispute.closed") == 1


@pytest.mark.parametrize(
    ("name", "days", "status"), [("", 20, "lost"), ("Inquiry", 120, "warning_closed")]
)
def test_a_dispute_that_nobody_answers_runs_out(
    world: World, name: str, days: int, status: str
) -> None:
    dispute = disputed(world, name)

    world.now = dispute.evidence_details.due_by - 1
    assert world.stripe.disputes.retrieve(dispute.id).status != status
    world.now += 1

    assert world.stripe.disputes.retrieve(dispute.id).status == status
    assert dispute.evidence_details.due_by == dispute.created + days * DAY


def test_what_is_charged_back_is_not_refunded(world: World) -> None:
    dispute = disputed(world)

    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.refunds.create({"charge": dispute.charge})
    answered(world, dispute, "winning_evidence")

    assert raised.value.code == "charge_disputed"
    assert world.stripe.refunds.create({"charge": dispute.charge}).amount == 1000


@pytest.mark.parametrize(("verb", "status", "left"), [("win", "won", 900), ("lose", "lost", 0)])
def test_the_control_api_opens_and_decides(world: World, verb: str, status: str, left: int) -> None:
    charge = world.paid().latest_charge
    world.stripe.refunds.create({"charge": charge, "amount": 100})

    opened = world.control(f"charges/{charge}/dispute").json()
    decided = world.control(f"disputes/{opened['id']}/{verb}").json()
    again = world.control(f"disputes/{opened['id']}/{verb}")

    assert (opened["amount"], opened["status"]) == (900, "needs_response")
    assert (decided["status"], balance(world), again.status_code) == (status, left, 400)


@pytest.mark.parametrize("why", ["unpaid", "authorized", "refunded", "disputed"])
def test_what_has_no_money_is_not_disputed(world: World, why: str) -> None:
    intent = world.paid(**({"capture_method": "manual"} if why == "authorized" else {}))
    if why == "refunded":
        world.stripe.refunds.create({"payment_intent": intent.id})
    if why == "disputed":
        disputes.open_dispute(world.sandbox, intent.latest_charge)
    charge = world.debited().latest_charge if why == "unpaid" else intent.latest_charge

    with pytest.raises(Exception, match=r"no money to dispute|disputed already"):
        disputes.open_dispute(world.sandbox, charge)


def test_a_disputed_debit_is_lost_when_it_is_told(world: World) -> None:
    intent = world.debited("disputed_at")
    world.now += 5

    [dispute] = world.stripe.disputes.list({"payment_intent": intent.id}).data

    assert (dispute.status, dispute.payment_method_details) == ("lost", None)
    assert world.event_types()[-4:] == [
        "payment_intent.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        ({"receipt": "file_1"}, 400),
        ({"enhanced_evidence": {"visa_compliance": {"fee_acknowledged": True}}}, 501),
        ({"uncategorized_text": "x" * 150_001}, 400),
    ],
)
def test_evidence_that_the_sandbox_cannot_keep_is_refused(
    world: World, evidence: dict[str, object], status: int
) -> None:
    dispute = disputed(world)

    with pytest.raises(stripe.StripeError) as raised:
        world.stripe.disputes.update(dispute.id, {"evidence": evidence})

    assert raised.value.http_status == status
    assert world.stripe.disputes.retrieve(dispute.id).status == "needs_response"
