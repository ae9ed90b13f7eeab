"""Refunds that take their time, fail, or wait for the shopper."""

from typing import Any

import pytest
import stripe

from stripe_sandbox.resources import refunds
from tests.sandbox.conftest import World


def pending(world: World, amount: int = 400) -> Any:
    """Refund a part of a card payment whose refunds take a while."""
    intent = world.paid("pm_card_pendingRefund")
    return world.stripe.refunds.create({"payment_intent": intent.id, "amount": amount})


def booked(world: World) -> list[tuple[str, int]]:
    rows = world.stripe.balance_transactions.list().data
    return [(row.type, row.amount) for row in reversed(rows)]


def test_a_refund_may_be_pending_first(world: World) -> None:
    refund = pending(world)
    world.now += 5

    after = world.stripe.refunds.retrieve(refund.id)

    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert (after.status, after.pending_reason) == ("succeeded", None)
    assert world.event_types()[-4:] == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
    ]


def test_a_debit_is_refunded_to_the_bank(world: World) -> None:
    intent = world.debited()
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        world.stripe.refunds.create({"payment_intent": intent.id})
    world.now += 5

    refund = world.stripe.refunds.create({"payment_intent": intent.id})
    world.now += 5

    assert (refund.status, refund.destination_details.type) == ("pending", "sepa_debit")
    assert world.stripe.refunds.list().data[0].status == "succeeded"
    assert booked(world) == [("payment", 1000), ("payment_refund", -1000)]


def test_a_refund_that_fails_gives_the_money_back_to_the_charge(world: World) -> None:
    intent = world.paid("pm_card_refundFail")
    refund = world.stripe.refunds.create({"payment_intent": intent.id})
    world.now += 5

    after = world.stripe.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})

    charge = world.stripe.charges.retrieve(intent.latest_charge)
    assert (refund.status, after.status) == ("succeeded", "failed")
    assert after.failure_reason == "expired_or_canceled_card"
    assert after.failure_balance_transaction.amount == 1000
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    assert booked(world) == [("charge", 1000), ("refund", -1000), ("refund_failure", 1000)]
    assert world.event_types()[-3:] == ["refund.updated", "charge.refund.updated", "refund.failed"]


def test_what_failed_can_be_refunded_again(world: World) -> None:
    refund = world.stripe.refunds.create({"payment_intent": world.paid().id})
    refunds.fail_refund(world.sandbox, refund.id)

    again = world.stripe.refunds.create({"charge": refund.charge})

    assert (again.amount, again.status) == (1000, "succeeded")


def test_a_refund_fails_once(world: World) -> None:
    refund = world.stripe.refunds.create({"payment_intent": world.paid().id})
    refunds.fail_refund(world.sandbox, refund.id)

    with pytest.raises(Exception, match="You cannot fail this refund"):
        refunds.fail_refund(world.sandbox, refund.id)


def test_a_refund_that_waits_for_the_shopper_is_canceled(world: World) -> None:
    refund = pending(world)
    asked = world.control(f"refunds/{refund.id}/ask").json()

    after = world.stripe.refunds.cancel(refund.id)

    charge = world.stripe.charges.retrieve(refund.charge)
    assert (asked["status"], asked["next_action"]["type"]) == ("requires_action", "display_details")
    assert (after.status, after.next_action) == ("canceled", None)
    assert charge.amount_refunded == 0
    assert booked(world)[-1] == ("refund_failure", 400)


@pytest.mark.parametrize("how", ["succeeded", "pending"])
def test_no_other_refund_is_canceled(world: World, how: str) -> None:
    refund = (
        pending(world)
        if how == "pending"
        else world.stripe.refunds.create({"payment_intent": world.paid().id})
    )

    with pytest.raises(stripe.InvalidRequestError, match="must be requires_action"):
        world.stripe.refunds.cancel(refund.id)


def test_a_shopper_who_never_answers_gets_nothing(world: World) -> None:
    refund = pending(world)
    asked = refunds.ask_shopper(world.sandbox, refund.id)

    world.now = asked["next_action"]["display_details"]["expires_at"]

    assert world.stripe.refunds.retrieve(refund.id).status == "failed"


def test_refunds_that_failed_do_not_count(world: World) -> None:
    intent = world.paid()
    first = world.stripe.refunds.create({"payment_intent": intent.id, "amount": 600})
    refunds.fail_refund(world.sandbox, first.id)

    second = world.stripe.refunds.create({"payment_intent": intent.id, "amount": 900})
    with pytest.raises(stripe.InvalidRequestError, match=r"\(1.01 usd\).*\(1.00 usd\)"):
        world.stripe.refunds.create({"payment_intent": intent.id, "amount": 101})

    assert second.status == "succeeded"
