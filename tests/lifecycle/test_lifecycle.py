"""The rules, one table at a time: what evidence says, and what an order makes of its payments."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.lifecycle import (
    NOTHING_HEARD,
    ClosedReason,
    Evidence,
    OrderFacts,
    OrderStatus,
    PaymentFacts,
    PaymentStatus,
    Settlement,
    Verdict,
    furthest,
    is_payable,
    order_status,
    settlement,
)

VERDICTS = {
    "created": (0, "pending", True),
    "attempt_failed": (0, "failed", True),
    "requires_action": (0, "pending", True),
    "processing": (0, "processing", True),
    "session_expired": (1, "canceled", False),
    "session_unpaid": (2, "processing", True),
    "intent_canceled": (3, "canceled", False),
    "async_payment_failed": (3, "failed", False),
    "succeeded": (4, "succeeded", False),
}
EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(Verdict),
    st.integers(0, 3),
    st.none() | st.sampled_from(["evt_a", "evt_b", "evt_c"]),
    st.booleans(),
)


def test_every_verdict_says_what_the_table_says() -> None:
    assert {each.word: (each.level, each.status, each.is_live) for each in Verdict} == VERDICTS


def test_inside_a_level_the_verdicts_are_ranked_as_listed() -> None:
    listed = [Verdict[word.upper()] for word in VERDICTS]
    ranked = sorted(Verdict, key=lambda verdict: Evidence(verdict).weight)

    assert ranked == listed


@given(EVIDENCE, EVIDENCE, EVIDENCE)
def test_furthest_does_not_care_how_the_evidence_is_dealt(
    a: Evidence, b: Evidence, c: Evidence
) -> None:
    """Commutative, associative, idempotent: up to what is equally telling, and so the same."""

    def telling(evidence: Evidence) -> object:
        return evidence.weight

    assert telling(furthest(a, b)) == telling(furthest(b, a))
    assert telling(furthest(a, furthest(b, c))) == telling(furthest(furthest(a, b), c))
    assert furthest(a, a) == a
    assert furthest(a, furthest(a, b)) == furthest(a, b)


@given(EVIDENCE, EVIDENCE)
def test_what_is_equally_telling_leads_to_the_same_status(a: Evidence, b: Evidence) -> None:
    """So the ties that `furthest` doesn't break can't be seen."""
    if a.weight == b.weight:
        assert (a.verdict, a.created, a.event_id or "") == (b.verdict, b.created, b.event_id or "")


@given(st.lists(EVIDENCE, max_size=6), EVIDENCE)
def test_evidence_never_decreases(heard: list[Evidence], news: Evidence) -> None:
    """E5."""
    known = NOTHING_HEARD
    for each in heard:
        known = furthest(known, each)

    assert furthest(known, news).weight >= known.weight


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        (Evidence(Verdict.PROCESSING, 1), Evidence(Verdict.ATTEMPT_FAILED, 2)),
        (Evidence(Verdict.ATTEMPT_FAILED, 1), Evidence(Verdict.PROCESSING, 1)),
        (Evidence(Verdict.PROCESSING, 9), Evidence(Verdict.SESSION_EXPIRED, 1)),
        (Evidence(Verdict.INTENT_CANCELED, 9), Evidence(Verdict.SUCCEEDED, 1)),
        (Evidence(Verdict.SUCCEEDED, 1), Evidence(Verdict.SUCCEEDED, 2)),
        (
            Evidence(Verdict.PROCESSING, 1, "evt_z"),
            Evidence(Verdict.ATTEMPT_FAILED, 1, None, is_reread=True),
        ),
        (
            Evidence(Verdict.CREATED, 1, None, is_reread=True),
            Evidence(Verdict.ATTEMPT_FAILED, 1, "evt_a"),
        ),
    ],
    ids=["later news", "same second", "expired", "late money", "later money", "a re-read",
         "a re-read that shows nothing yet"],
)  # fmt: skip
def test_the_stronger_evidence_is_kept(weaker: Evidence, stronger: Evidence) -> None:
    assert furthest(weaker, stronger) == furthest(stronger, weaker) == stronger


def payment(id_: str, status: str, received: int = 0, refunded: int = 0) -> PaymentFacts:
    """Return one payment as an order sees it."""
    return PaymentFacts(
        id=id_,
        status=PaymentStatus(status),
        amount_received=received,
        amount_refunded=refunded,
    )


OPEN, CANCELLED = OrderFacts(), OrderFacts(closed_reason=ClosedReason.CANCELLED)
SETTLED = OrderFacts(settled_by="a")
LATE = OrderFacts(settled_by="a", closed_reason=ClosedReason.EXPIRED)


@pytest.mark.parametrize(
    ("order", "payments", "status"),
    [
        (OPEN, [], "pending"),
        (OPEN, [payment("a", "pending")], "pending"),
        (OPEN, [payment("a", "failed")], "pending"),
        (OPEN, [payment("a", "canceled")], "pending"),
        (OPEN, [payment("a", "processing")], "processing"),
        (OPEN, [payment("a", "failed"), payment("b", "processing")], "processing"),
        (OPEN, [payment("a", "succeeded", 5)], "processing"),  # it didn't fit
        (SETTLED, [payment("a", "succeeded", 10)], "paid"),
        (SETTLED, [payment("a", "succeeded", 10, 3)], "partially_refunded"),
        (SETTLED, [payment("a", "succeeded", 10, 10)], "refunded"),
        (SETTLED, [payment("a", "succeeded", 10), payment("b", "succeeded", 10, 10)], "paid"),
        (SETTLED, [payment("b", "processing"), payment("a", "succeeded", 10)], "paid"),
        (CANCELLED, [], "cancelled"),
        (CANCELLED, [payment("a", "succeeded", 10, 10)], "cancelled"),
        (CANCELLED, [payment("a", "processing")], "cancelled"),
        (LATE, [payment("a", "succeeded", 10)], "paid"),
    ],
)
def test_an_order_stands_where_its_payments_put_it(
    order: OrderFacts, payments: list[PaymentFacts], status: str
) -> None:
    for dealt in itertools.permutations(payments):
        assert order_status(order, dealt) == status


@pytest.mark.parametrize("status", OrderStatus)
def test_only_a_pending_order_takes_another_attempt(status: OrderStatus) -> None:
    assert is_payable(status) == (status == "pending")


DUE = (1000, "usd")


@pytest.mark.parametrize(
    ("order", "received", "means"),
    [
        (OPEN, (1000, "usd"), "settles"),
        (OPEN, (999, "usd"), "amount_mismatch"),
        (OPEN, (1001, "usd"), "amount_mismatch"),
        (OPEN, (1000, "jpy"), "currency_mismatch"),
        (OPEN, (999, "jpy"), "currency_mismatch"),
        (SETTLED, (1000, "usd"), "paid_twice"),
        (SETTLED, (999, "usd"), "amount_mismatch"),
        (LATE, (1000, "usd"), "paid_twice"),
        (OrderFacts(closed_reason=ClosedReason.EXPIRED), (1000, "usd"), "paid_late"),
        (OrderFacts(closed_reason=ClosedReason.REPLACED), (1000, "usd"), "paid_after_cancel"),
        (CANCELLED, (1000, "usd"), "paid_after_cancel"),
        (CANCELLED, (999, "usd"), "amount_mismatch"),
    ],
)
def test_money_means_what_the_table_says(
    order: OrderFacts, received: tuple[int, str], means: str
) -> None:
    assert settlement(order, due=DUE, received=received) == means


def test_money_that_nobody_owes_goes_back_by_itself() -> None:
    """What an operator has to judge is kept until one does."""
    refunded = {each.value for each in Settlement if each.is_refunded}

    assert refunded == {"paid_twice", "paid_after_cancel", "paid_but_sold_out"}
