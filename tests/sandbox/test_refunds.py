"""Refunds: part by part, never more than was taken."""

import pytest
import stripe

from tests.sandbox.conftest import World


def test_a_refund_gives_everything_back(world: World) -> None:
    intent = world.paid()
    seen = len(world.event_types())

    refund = world.stripe.refunds.create(
        {"payment_intent": intent.id, "reason": "requested_by_customer", "metadata": {"a": "1"}}
    )

    charge = world.stripe.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 1000, charge.id)
    assert (charge.refunded, charge.amount_refunded) == (True, 1000)
    assert [row.id for row in charge.refunds.data] == [refund.id]
    assert world.event_types()[seen:] == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
    ]


def test_charge_refunded_tells_what_it_was_before(world: World) -> None:
    world.stripe.refunds.create({"payment_intent": world.paid().id, "amount": 300})

    event = world.stripe.events.list({"type": "charge.refunded"}).data[0]
    assert event.data.object.amount_refunded == 300
    assert event.data.previous_attributes.to_dict() == {"amount_refunded": 0}


def test_parts_add_up_and_more_is_refused(world: World) -> None:
    intent = world.paid()
    for amount in (300, 600):
        world.stripe.refunds.create({"payment_intent": intent.id, "amount": amount})

    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        world.stripe.refunds.create({"payment_intent": intent.id, "amount": 101})
    rest = world.stripe.refunds.create({"charge": intent.latest_charge})
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.refunds.create({"payment_intent": intent.id})

    assert rest.amount == 100
    assert raised.value.code == "charge_already_refunded"
    assert len(world.stripe.refunds.list({"payment_intent": intent.id}).data) == 3


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_cannot_be_refunded(world: World, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.refunds.create({"payment_intent": world.paid().id, "amount": amount})


def test_what_was_not_paid_is_not_refunded(world: World) -> None:
    unpaid, authorized = world.intent(), world.paid(capture_method="manual")

    for intent in (unpaid, authorized):
        with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
            world.stripe.refunds.create({"payment_intent": intent.id})


def test_the_money_is_booked(world: World) -> None:
    refund = world.stripe.refunds.create(
        {"payment_intent": world.paid().id, "expand": ["balance_transaction"]}
    )

    assert refund.balance_transaction.amount == -1000
    assert refund.balance_transaction.source == refund.id
    kinds = [row.type for row in world.stripe.balance_transactions.list().data]
    assert kinds == ["refund", "charge"]


def test_metadata_of_a_refund_changes_with_an_event(world: World) -> None:
    refund = world.stripe.refunds.create({"payment_intent": world.paid().id})

    after = world.stripe.refunds.update(refund.id, {"metadata": {"why": "late"}})

    assert after.metadata.to_dict() == {"why": "late"}
    assert world.event_types()[-1] == "charge.refund.updated"
