"""No sequence of API calls makes an illegal transition, or sums that don't add up."""

import contextlib
import functools
from typing import Any

import pytest
import stripe
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.resources import (
    charges,
    checkout_sessions,
    disputes,
    payment_intents,
    refunds,
    session_outcomes,
)
from tests.sandbox.conftest import World, card
from tests.sandbox.lawfulness import PAYABLE, Watched, booked, illegal_moves, owned

WAYS = (
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_threeDSecure2Required",
    "pm_card_threeDSecureRequiredChargeDeclined",
    "pm_card_createDispute",
    "pm_card_createDisputeInquiry",
    "pm_card_pendingRefund",
    "pm_card_refundFail",
    "pm_sepaDebit_success_at",
    "pm_sepaDebit_failed_at",
    "pm_sepaDebit_disputed_at",
    "ideal",
)
AMOUNTS = st.sampled_from([1, 100, 300, 500, 1000, 1100])
PICKS = st.integers(0, 7)


def refusable(step: Any) -> Any:
    """Let a step be refused by the API: what matters is what it leaves behind."""

    @functools.wraps(step)
    def stepped(self: Any, **chosen: Any) -> None:
        with contextlib.suppress(stripe.InvalidRequestError, stripe.CardError, StripeError):
            step(self, **chosen)

    return stepped


def has(kind: str) -> Any:
    """Let a step be taken only when there is something to take it with."""
    return precondition(lambda self: bool(self.rows(kind)))


class Purchases(RuleBasedStateMachine):
    """Payments in every way, with everything that can be done to them, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Watched()

    def rows(self, kind: str) -> list[dict[str, Any]]:
        return list(self.world.sandbox.newest_first(kind))

    def pick(self, kind: str, at: int, *likely: str) -> str:
        """Return an id, of a row in a likely status if there is one; now and then of any."""
        rows = self.rows(kind)
        apt = [row for row in rows if row["status"] in likely] if at else []
        return (apt or rows)[at % len(apt or rows)]["id"]

    def method(self, way: str) -> str:
        made = {"type": "ideal"}
        return self.world.stripe.payment_methods.create(made).id if way == "ideal" else way

    @initialize(way=st.sampled_from(WAYS))
    def begin(self, way: str) -> None:
        self.buy(way=way)

    @rule(way=st.sampled_from(WAYS))
    @refusable
    def buy(self, way: str) -> None:
        accepted = {"customer_acceptance": {"type": "offline"}}
        self.world.paid(self.method(way), currency="eur", mandate_data=accepted)

    @rule(capture=st.sampled_from(["automatic", "manual"]))
    def make_an_intent(self, capture: str) -> None:
        self.world.intent(currency="eur", capture_method=capture)

    @rule(at=PICKS, way=st.sampled_from(WAYS))
    @refusable
    def confirm(self, at: int, way: str) -> None:
        params = {"payment_method": self.method(way), "return_url": "http://shop.test/return"}
        accepted = {"customer_acceptance": {"type": "offline"}}
        intent_id = self.pick("payment_intent", at, *PAYABLE)
        self.world.stripe.payment_intents.confirm(intent_id, {**params, "mandate_data": accepted})

    @has("payment_intent")
    @rule(at=PICKS, succeed=st.booleans())
    @refusable
    def approve(self, at: int, succeed: bool) -> None:
        intent_id = self.pick("payment_intent", at, "requires_action")
        payment_intents.complete_authentication(self.world.sandbox, intent_id, succeed=succeed)

    @has("payment_intent")
    @rule(at=PICKS, amount=AMOUNTS)
    @refusable
    def capture(self, at: int, amount: int) -> None:
        self.world.stripe.payment_intents.capture(
            self.pick("payment_intent", at, "requires_capture"), {"amount_to_capture": amount}
        )

    @rule(at=PICKS)
    @refusable
    def cancel(self, at: int) -> None:
        self.world.stripe.payment_intents.cancel(self.pick("payment_intent", at))

    @rule(at=PICKS, amount=AMOUNTS)
    @refusable
    def change_the_amount(self, at: int, amount: int) -> None:
        self.world.stripe.payment_intents.update(
            self.pick("payment_intent", at), {"amount": amount}
        )

    @has("charge")
    @rule(at=PICKS, amount=AMOUNTS)
    @refusable
    def refund(self, at: int, amount: int) -> None:
        charge_id = self.pick("charge", at, "succeeded")
        self.world.stripe.refunds.create({"charge": charge_id, "amount": amount})

    @has("refund")
    @rule(at=PICKS, what=st.sampled_from(["fail", "ask", "cancel"]))
    @refusable
    def move_a_refund(self, at: int, what: str) -> None:
        status = {"ask": "pending", "cancel": "requires_action", "fail": "succeeded"}[what]
        refund_id = self.pick("refund", at, status)
        if what == "cancel":
            self.world.stripe.refunds.cancel(refund_id)
        else:
            move = {"ask": refunds.ask_shopper, "fail": refunds.fail_refund}[what]
            move(self.world.sandbox, refund_id)

    @has("charge")
    @rule(at=PICKS, kind=st.sampled_from(["dispute", "dispute_inquiry"]))
    @refusable
    def dispute(self, at: int, kind: str) -> None:
        disputes.open_dispute(self.world.sandbox, self.pick("charge", at, "succeeded"), kind=kind)

    @has("dispute")
    @rule(
        at=PICKS,
        words=st.sampled_from(
            ["winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "It arrived."]
        ),
    )
    @refusable
    def answer_a_dispute(self, at: int, words: str) -> None:
        evidence = {"evidence": {"uncategorized_text": words}}
        waiting = ("needs_response", "warning_needs_response")
        self.world.stripe.disputes.update(self.pick("dispute", at, *waiting), evidence)

    @has("dispute")
    @rule(at=PICKS, is_won=st.booleans())
    @refusable
    def decide_a_dispute(self, at: int, is_won: bool) -> None:
        dispute_id = self.pick("dispute", at, "under_review", "warning_under_review")
        disputes.decide(self.world.sandbox, dispute_id, is_won=is_won)

    @rule(capture=st.sampled_from(["automatic", "manual"]))
    def open_a_session(self, capture: str) -> None:
        self.world.checkout(currency="eur", payment_intent_data={"capture_method": capture})

    @has("checkout.session")
    @rule(at=PICKS, way=st.sampled_from(WAYS))
    @refusable
    def pay_a_session(self, at: int, way: str) -> None:
        session_id = self.pick("checkout.session", at, "open")
        method = self.method(way)
        checkout_sessions.pay(self.world.sandbox, session_id, payment_method=method)

    @has("checkout.session")
    @rule(at=PICKS)
    @refusable
    def expire_a_session(self, at: int) -> None:
        self.world.stripe.checkout.sessions.expire(self.pick("checkout.session", at))

    @rule(seconds=st.sampled_from([5, 200, 86_400, 30 * 86_400]))
    def wait(self, seconds: int) -> None:
        self.world.control("clock/advance", seconds=seconds)

    @invariant()
    def every_transition_was_legal(self) -> None:
        assert illegal_moves(self.world) == []

    @invariant()
    def the_balance_adds_up(self) -> None:
        for charge in self.rows("charge"):
            assert booked(self.world, charge) == owned(self.world, charge), charge["id"]
            assert 0 <= charge["amount_refunded"] <= charge["amount_captured"] <= charge["amount"]

    @invariant()
    def intents_say_what_was_captured(self) -> None:
        for intent in self.rows("payment_intent"):
            charge = self.world.sandbox.find("charge", intent["latest_charge"])
            is_paid = intent["status"] == "succeeded"
            assert intent["amount_received"] == (charge["amount_captured"] if is_paid else 0)
            authorized = intent["amount"] if intent["status"] == "requires_capture" else 0
            assert intent["amount_capturable"] == authorized

    @invariant()
    def paid_sessions_are_those_with_a_paid_intent(self) -> None:
        for session in self.rows("checkout.session"):
            intent = self.world.sandbox.find("payment_intent", session["payment_intent"])
            is_paid = bool(intent) and intent["status"] == "succeeded"
            assert (session["payment_status"] == "paid") == is_paid


TestPurchases = Purchases.TestCase
TestPurchases.settings = settings(
    max_examples=20, stateful_step_count=30, deadline=None, derandomize=True, database=None
)


def test_the_same_seed_gives_the_same_objects_and_events() -> None:
    def bought() -> Any:
        world = World()
        world.debited("failed_at")
        world.stripe.refunds.create({"payment_intent": world.paid("pm_card_refundFail").id})
        world.paid("pm_card_createDispute")
        checkout_sessions.pay(
            world.sandbox, world.checkout().id, payment_method_data=card(), email="a@shop.test"
        )
        world.control("clock/advance", seconds=5)
        return [event["data"] for event in world.sandbox.newest_first("event")]

    assert bought() == bought()


def test_a_forgotten_refund_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Purchases()
    machine.begin(way="pm_card_visa")
    monkeypatch.setattr(charges, "give_back", lambda _sandbox, charge, _amount: charge)

    machine.refund(at=1, amount=300)

    with pytest.raises(AssertionError):
        machine.the_balance_adds_up()


def test_a_paid_intent_that_is_canceled_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Purchases()
    machine.begin(way="pm_card_visa")
    monkeypatch.setattr(payment_intents, "_CANCELABLE", {"succeeded"})

    machine.cancel(at=1)

    with pytest.raises(AssertionError, match="succeeded → canceled"):
        machine.every_transition_was_legal()


def test_a_session_paid_too_early_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Purchases()
    machine.open_a_session(capture="automatic")
    monkeypatch.setitem(session_outcomes._PAYMENT_STATUS, "processing", "paid")

    machine.pay_a_session(at=1, way="pm_sepaDebit_success_at")

    with pytest.raises(AssertionError):
        machine.paid_sessions_are_those_with_a_paid_intent()
