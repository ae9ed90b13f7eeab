"""What charges show, what they cost, and which amounts can be charged at all."""

import pytest
import stripe

from tests.sandbox.conftest import World


@pytest.mark.parametrize(
    ("how", "kind", "fee"), [("card", "charge", 59), ("sepa_debit", "payment", 38)]
)
def test_a_payment_is_booked_less_its_fee(world: World, how: str, kind: str, fee: int) -> None:
    world.paid() if how == "card" else world.debited()
    world.now += 5

    [booked] = world.stripe.balance_transactions.list().data

    assert (booked.type, booked.amount, booked.fee, booked.net) == (kind, 1000, fee, 1000 - fee)
    assert [(one.amount, one.type) for one in booked.fee_details] == [(fee, "stripe_fee")]
    assert booked.reporting_category == "charge"


def test_money_becomes_available_by_itself(world: World) -> None:
    api, expand = world.stripe, {"expand": ["latest_charge.balance_transaction"]}
    paid = world.paid(**expand)
    booked = paid.latest_charge.balance_transaction
    world.now = booked.available_on

    [listed] = api.balance_transactions.list().data
    again = api.payment_intents.retrieve(paid.id, expand).latest_charge.balance_transaction
    one = api.balance_transactions.retrieve(booked.id)

    assert booked.status == "pending"
    assert [row.status for row in (listed, again, one)] == ["available"] * 3


def test_transactions_are_found_by_source_and_type(world: World) -> None:
    intent = world.paid()
    refund = world.stripe.refunds.create({"payment_intent": intent.id, "amount": 100})
    listing = world.stripe.balance_transactions.list

    assert [row.amount for row in listing({"source": intent.latest_charge})] == [1000]
    assert [row.source for row in listing({"type": "refund"})] == [refund.id]
    assert listing({"currency": "eur"}).data == []
    assert listing({"payout": "po_1"}).data == []
    assert world.stripe.balance_transactions.retrieve(refund.balance_transaction).amount == -100


def test_what_is_written_on_a_charge_changes_with_an_event(world: World) -> None:
    charge_id = world.paid(metadata={"a": "1"}).latest_charge

    after = world.stripe.charges.update(
        charge_id,
        {"description": "Tea", "metadata": {"b": "2"}, "fraud_details": {"user_report": "safe"}},
    )

    event = world.stripe.events.list({"type": "charge.updated"}).data[0]
    assert (after.description, after.metadata.to_dict()) == ("Tea", {"a": "1", "b": "2"})
    assert after.fraud_details.user_report == "safe"
    assert event.data.previous_attributes.description is None


def test_an_update_that_changes_nothing_is_no_news(world: World) -> None:
    charge_id = world.paid(description="Tea").latest_charge
    seen = world.event_types()

    world.stripe.charges.update(charge_id, {"description": "Tea"})

    assert world.event_types() == seen


def test_charges_are_found_by_their_intent(world: World) -> None:
    first, _ = world.paid(), world.paid()

    found = world.stripe.charges.list({"payment_intent": first.id}).data

    assert [charge.id for charge in found] == [first.latest_charge]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (50, "usd"),
        (30, "gbp"),
        (50, "jpy"),
        (1600, "twd"),
        (1000, "kwd"),
        (99_999_999, "usd"),
        (999_999_999, "inr"),
        (999_999_999_999, "idr"),
        (500, "isk"),
    ],
)
def test_amounts_that_can_be_charged(world: World, amount: int, currency: str) -> None:
    assert world.intent(amount=amount, currency=currency).amount == amount


@pytest.mark.parametrize(
    ("charged", "code", "words"),
    [
        ((49, "usd"), "amount_too_small", "0.50 usd"),
        ((29, "gbp"), "amount_too_small", "0.30 gbp"),
        ((49, "jpy"), "amount_too_small", "50 jpy"),
        ((1599, "twd"), "amount_too_small", "16.00 twd"),
        ((100_000_000, "usd"), "amount_too_large", "999999.99 usd"),
        ((1_000_000_000, "inr"), "amount_too_large", "9999999.99 inr"),
        ((1001, "kwd"), "invalid_charge_amount", "divisible by 10"),
        ((550, "isk"), "invalid_charge_amount", "divisible by 100"),
        ((0, "usd"), "parameter_invalid_integer", "greater than or equal to 1"),
    ],
)
def test_amounts_that_cannot(world: World, charged: tuple[int, str], code: str, words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words) as raised:
        world.intent(amount=charged[0], currency=charged[1])

    assert (raised.value.code, raised.value.param) == (code, "amount")


def test_an_unknown_currency_is_refused(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid currency: xyz"):
        world.intent(currency="xyz")
