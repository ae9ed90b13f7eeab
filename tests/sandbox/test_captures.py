"""Money that is authorized first and taken later, in whole, in part or not at all."""

import pytest
import stripe

from tests.sandbox.conftest import World

DAY = 24 * 3600


def charge_of(world: World, intent: stripe.PaymentIntent) -> stripe.Charge:
    return world.stripe.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})


def test_a_capture_takes_what_was_authorized(world: World) -> None:
    intent = world.paid(capture_method="manual")

    after = world.stripe.payment_intents.capture(intent.id)

    charge = charge_of(world, after)
    assert (after.status, after.amount_received, after.amount_capturable) == ("succeeded", 1000, 0)
    assert (charge.captured, charge.amount_captured) == (True, 1000)
    assert charge.balance_transaction.amount == 1000
    assert world.event_types()[-3:] == [
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_a_capture_in_part_releases_the_rest(world: World) -> None:
    intent = world.paid(capture_method="manual")

    after = world.stripe.payment_intents.capture(
        intent.id, {"amount_to_capture": 400, "metadata": {"parcel": "1"}}
    )

    charge = charge_of(world, after)
    assert (after.status, after.amount, after.amount_received) == ("succeeded", 1000, 400)
    assert (charge.amount, charge.amount_captured, charge.amount_refunded) == (1000, 400, 0)
    assert charge.balance_transaction.amount == 400
    assert after.metadata.to_dict() == {"parcel": "1"}
    refund = world.stripe.refunds.create({"payment_intent": intent.id})
    assert refund.amount == 400


def test_charge_captured_tells_what_it_was_before(world: World) -> None:
    world.stripe.payment_intents.capture(world.paid(capture_method="manual").id)

    event = world.stripe.events.list({"type": "charge.captured"}).data[0]
    before = event.data.previous_attributes.to_dict()
    assert (before["captured"], before["amount_captured"]) == (False, 0)
    assert before["balance_transaction"] is None


@pytest.mark.parametrize(
    ("amount", "code"), [(1001, "amount_too_large"), (0, "parameter_invalid_integer")]
)
def test_no_more_than_authorized_is_taken(world: World, amount: int, code: str) -> None:
    intent = world.paid(capture_method="manual")

    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.payment_intents.capture(intent.id, {"amount_to_capture": amount})

    assert (raised.value.code, raised.value.param) == (code, "amount_to_capture")
    assert world.stripe.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_money_is_captured_once(world: World) -> None:
    intent = world.paid(capture_method="manual")
    world.stripe.payment_intents.capture(intent.id)

    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.payment_intents.capture(intent.id)
    again = world.call("POST", f"/v1/charges/{intent.latest_charge}/capture")

    assert raised.value.code == "payment_intent_unexpected_state"
    assert (again.status_code, again.json()["error"]["code"]) == (400, "charge_already_captured")


def test_a_charge_is_captured_by_its_own_name_too(world: World) -> None:
    intent = world.paid(capture_method="manual")

    charge = world.stripe.charges.capture(intent.latest_charge, {"amount": 300})

    assert (charge.captured, charge.amount_captured) == (True, 300)
    assert world.stripe.payment_intents.retrieve(intent.id).amount_received == 300


def test_an_authorization_is_canceled(world: World) -> None:
    intent = world.paid(capture_method="manual")

    after = world.stripe.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})

    assert (after.status, after.amount_capturable, after.amount_received) == ("canceled", 0, 0)
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.payment_intents.capture(intent.id)
    assert world.stripe.balance_transactions.list().data == []


def test_an_authorization_lapses_after_a_week(world: World) -> None:
    intent = world.paid(capture_method="manual")
    details = charge_of(world, intent).payment_method_details.card

    world.now += 7 * DAY - 1
    assert world.stripe.payment_intents.retrieve(intent.id).status == "requires_capture"
    world.now += 1
    after = world.stripe.payment_intents.retrieve(intent.id)

    assert details.capture_before == world.now
    assert (after.status, after.cancellation_reason) == ("canceled", "automatic")
    assert world.event_types()[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_a_debit_cannot_be_captured_later(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.debited(capture_method="manual", automatic_payment_methods={"enabled": True})

    assert raised.value.code == "payment_intent_incompatible_payment_method"
