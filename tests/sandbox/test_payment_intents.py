"""The PaymentIntent's states, as the test cards drive them."""

import pytest
import stripe

from stripe_sandbox.resources import payment_intents
from stripe_sandbox.resources.cards import CARDS
from stripe_sandbox.resources.declines import DECLINES
from tests.sandbox.conftest import BASE, World, card

RETURN = "http://shop.test/return?order=1"
SUCCESS = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_a_new_intent_waits_for_a_payment_method(world: World) -> None:
    intent = world.intent(metadata={"order_id": "order_1"}, receipt_email="a@b.test")

    assert intent.status == "requires_payment_method"
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert intent.automatic_payment_methods.enabled
    assert intent.metadata.to_dict() == {"order_id": "order_1"}
    assert world.event_types() == ["payment_intent.created"]


def test_confirming_takes_the_money(world: World) -> None:
    intent = world.stripe.payment_intents.confirm(
        world.intent().id, {"payment_method": "pm_card_visa", "return_url": RETURN}
    )

    charge = world.stripe.charges.retrieve(intent.latest_charge)
    assert (intent.status, intent.amount_received) == ("succeeded", 1000)
    assert (charge.paid, charge.captured, charge.payment_intent) == (True, True, intent.id)
    assert world.event_types() == SUCCESS


def test_a_payment_method_given_first_is_confirmed_later(world: World) -> None:
    intent = world.intent(payment_method="pm_card_mastercard")
    assert intent.status == "requires_confirmation"

    assert world.stripe.payment_intents.confirm(intent.id, {"return_url": RETURN}).status == (
        "succeeded"
    )


def test_manual_capture_authorizes_only(world: World) -> None:
    intent = world.paid(capture_method="manual")

    assert (intent.status, intent.amount_capturable) == ("requires_capture", 1000)
    assert intent.amount_received == 0
    assert not world.stripe.charges.retrieve(intent.latest_charge).captured
    assert world.event_types()[-1] == "payment_intent.amount_capturable_updated"


@pytest.mark.parametrize("test_card", [one for one in CARDS if one.behaviour in DECLINES])
@pytest.mark.parametrize("by", ["number", "token"])
def test_declines_leave_the_intent_payable(world: World, test_card: object, by: str) -> None:
    intent = world.intent()
    paying = (
        {"payment_method_data": card(test_card.number)}
        if by == "number"
        else {"payment_method": f"pm_card_{test_card.alias}"}
    )

    with pytest.raises(stripe.CardError) as raised:
        world.stripe.payment_intents.confirm(intent.id, {**paying, "return_url": RETURN})

    decline = DECLINES[test_card.behaviour]
    after = world.stripe.payment_intents.retrieve(intent.id)
    assert (raised.value.http_status, raised.value.code) == (402, decline.code)
    assert raised.value.error.decline_code == decline.decline_code
    assert raised.value.error.payment_intent.id == intent.id
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error.code == decline.code
    assert world.event_types()[1:] == ["charge.failed", "payment_intent.payment_failed"]
    assert world.stripe.charges.retrieve(after.latest_charge).status == "failed"


def test_each_attempt_makes_one_charge(world: World) -> None:
    intent = world.intent()
    for name in ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined", "pm_card_visa"):
        try:
            world.stripe.payment_intents.confirm(
                intent.id, {"payment_method": name, "return_url": RETURN}
            )
        except stripe.CardError:
            continue

    charges = world.stripe.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed", "failed"]


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "12"}, "incorrect_number", "number"),
        ({"number": "4111111111111111"}, "card_declined", None),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": 2027, "exp_month": 1, "cvc": "12"}, "invalid_cvc", "cvc"),
    ],
)
def test_a_mistyped_card_names_its_field(
    world: World, fields: dict[str, object], code: str, param: str | None
) -> None:
    with pytest.raises(stripe.CardError) as raised:
        world.stripe.payment_intents.confirm(
            world.intent().id,
            {"payment_method_data": card(**fields), "return_url": RETURN},
        )

    assert (raised.value.code, raised.value.param) == (code, param)


def test_no_card_number_is_remembered(world: World) -> None:
    world.stripe.payment_intents.confirm(
        world.intent().id, {"payment_method_data": card(), "return_url": RETURN}
    )

    assert "4242424242424242" not in repr(world.sandbox.state)


@pytest.mark.parametrize("alias", ["authenticationRequired", "threeDSecure2Required"])
def test_three_d_secure_asks_for_a_redirect(world: World, alias: str) -> None:
    intent = world.paid(f"pm_card_{alias}")

    redirect = intent.next_action.redirect_to_url
    assert intent.status == "requires_action"
    assert redirect.url == f"http://localhost:4242/3d_secure/{intent.id}"
    assert world.event_types()[-1] == "payment_intent.requires_action"


@pytest.mark.parametrize(
    ("succeed", "status", "word"),
    [(True, "succeeded", "succeeded"), (False, "requires_payment_method", "failed")],
)
def test_three_d_secure_leads_back_to_the_shop(
    world: World, succeed: bool, status: str, word: str
) -> None:
    intent = world.intent()
    payment_intents.confirm(
        world.sandbox,
        intent.id,
        payment_method="pm_card_threeDSecure2Required",
        return_url=RETURN,
    )

    url = payment_intents.complete_authentication(world.sandbox, intent.id, succeed=succeed)

    after = world.stripe.payment_intents.retrieve(intent.id)
    assert after.status == status
    assert url == (
        f"{RETURN}&payment_intent={intent.id}"
        f"&payment_intent_client_secret={intent.client_secret}&redirect_status={word}"
    )
    assert (after.last_payment_error is None) == succeed


def test_three_d_secure_is_finished_once(world: World) -> None:
    intent = world.paid("pm_card_authenticationRequired")
    payment_intents.complete_authentication(world.sandbox, intent.id, succeed=True)

    with pytest.raises(Exception, match="not waiting for authentication"):
        payment_intents.complete_authentication(world.sandbox, intent.id, succeed=True)
    assert world.event_types().count("payment_intent.succeeded") == 1


def test_an_abandoned_challenge_can_be_started_again(world: World) -> None:
    intent = world.paid("pm_card_authenticationRequired")

    again = world.stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
    )

    assert again.status == "succeeded"


def test_a_browser_confirms_with_its_client_secret(world: World) -> None:
    intent = world.intent()
    form = {
        "key": "pk_test_x",
        "client_secret": intent.client_secret,
        "payment_method_data[type]": "card",
        "payment_method_data[card][number]": "4242 4242 4242 4242",
        "payment_method_data[card][exp_month]": "1",
        "payment_method_data[card][exp_year]": "30",
        "payment_method_data[card][cvc]": "123",
        "return_url": RETURN,
    }

    url = f"{BASE}/v1/payment_intents/{intent.id}/confirm"
    stolen = world.session.post(url, data={**form, "client_secret": "pi_secret_guess"})
    answer = world.session.post(url, data=form, headers={"Origin": "http://127.0.0.1:8000"})

    assert stolen.status_code == 404
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert "metadata" not in answer.json()


def test_a_browsers_decline_shows_the_public_part_only(world: World) -> None:
    intent = world.intent()
    form = {
        "key": "pk_test_x",
        "client_secret": intent.client_secret,
        "payment_method": "pm_card_chargeDeclined",
    }

    answer = world.session.post(f"{BASE}/v1/payment_intents/{intent.id}/confirm", data=form)

    assert answer.status_code == 402
    assert "metadata" not in answer.json()["error"]["payment_intent"]


def test_an_update_merges_metadata_and_unsets_what_is_empty(world: World) -> None:
    intent = world.intent(metadata={"a": "1", "b": "2"}, receipt_email="a@b.test")

    after = world.stripe.payment_intents.update(
        intent.id, {"metadata": {"a": "", "c": "3"}, "amount": 2000, "receipt_email": ""}
    )

    assert after.metadata.to_dict() == {"b": "2", "c": "3"}
    assert (after.amount, after.receipt_email) == (2000, None)


@pytest.mark.parametrize("verb", ["confirm", "cancel", "update"])
def test_a_paid_intent_stays_as_it_is(world: World, verb: str) -> None:
    intent = world.paid()
    params = {"amount": 2000} if verb == "update" else {}
    params |= {"payment_method": "pm_card_visa", "return_url": RETURN} if verb == "confirm" else {}

    with pytest.raises(stripe.InvalidRequestError) as raised:
        getattr(world.stripe.payment_intents, verb)(intent.id, params)

    assert raised.value.code == "payment_intent_unexpected_state"
    assert raised.value.error.payment_intent.status == "succeeded"


def test_a_canceled_intent_cannot_be_paid(world: World) -> None:
    intent = world.intent()

    canceled = world.stripe.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer"}
    )

    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "requested_by_customer")
    assert world.event_types()[-1] == "payment_intent.canceled"
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
        )


def test_a_server_that_confirms_needs_a_return_url(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.intent(confirm=True, payment_method="pm_card_visa")

    assert raised.value.param == "return_url"
    assert world.event_types() == []


def test_confirming_without_a_payment_method_is_refused(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        world.stripe.payment_intents.confirm(world.intent().id, {"return_url": RETURN})


def test_the_same_seed_gives_the_same_ids() -> None:
    assert World().intent().id == World().intent().id
