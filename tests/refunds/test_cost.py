"""What one event about money that goes back costs the database."""

from __future__ import annotations

from storefront.events import SUBJECTS
from stripe_sandbox.resources import disputes
from stripe_sandbox.resources import refunds as at_stripe
from tests.refunds.conftest import Bought
from tests.statements import statements
from tests.webhooks.telling import outcome_of

MOST_STATEMENTS = 6
# One query, and six tables that are written: order, payment, refund, history, inbox, attention.
ASKING_WHILE_THE_ORDER_MOVES = 7


def cost(paid: Bought, type_: str) -> list[int]:
    """Deliver the events of a type, the oldest first; returns how many statements each took."""
    counted = []
    for event in (one for one in paid.shop.events(type_) if one["type"] in SUBJECTS):
        with statements(paid.shop) as sent:
            assert outcome_of(paid.shop, event) in {"applied", "stale"}
        counted.append(len(sent))
    return counted


def test_an_event_about_money_that_goes_back_costs_at_most_six_statements(paid: Bought):
    """Seven if it moves the order and asks for a human, too; what is known is read with it."""
    for amount in (200, 300):
        made = paid.in_dashboard("refunds", payment_intent=paid.intent_id, amount=amount)
    first, second = cost(paid, "refund.created")
    assert first <= ASKING_WHILE_THE_ORDER_MOVES
    assert second <= MOST_STATEMENTS
    assert max(cost(paid, "charge.refunded") + cost(paid, "refund.updated")) <= MOST_STATEMENTS

    at_stripe.fail_refund(paid.shop.sandbox, made["id"])
    [charge] = paid.shop.at_stripe("charge")
    dispute = disputes.open_dispute(paid.shop.sandbox, charge["id"])
    disputes.decide(paid.shop.sandbox, dispute["id"], is_won=True)

    assert max(cost(paid, "refund.failed") + cost(paid, "charge.dispute")) <= MOST_STATEMENTS
    assert paid.attentions() == [
        "external_refund", "external_refund", "refund_failed", "disputed", "dispute_won",
    ]  # fmt: skip


def test_an_answer_that_comes_after_its_event_costs_no_more(paid: Bought):
    """A refund of ours whose event overtakes it: the row is there, and nobody is asked."""
    paid.shop.sandbox.faults.add("/v1/refunds", "timeout_after", 9)
    paid.refund("--amount", "300")

    assert max(cost(paid, "refund.created")) <= MOST_STATEMENTS
    assert paid.refunds() == [(300, "succeeded", "ann")]
