"""What else a confirmation may ask for, and what it is refused for."""

import pytest
import stripe

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.resources import checkout_sessions, payment_intents
from tests.sandbox.conftest import World
from tests.sandbox.refusals import refusal

RETURN = "http://shop.test/return"


@pytest.mark.parametrize("asked", [{"off_session": True}, {"error_on_requires_action": True}])
def test_a_shopper_who_cannot_be_asked_is_declined(world: World, asked: dict[str, bool]) -> None:
    with pytest.raises(stripe.CardError) as raised:
        world.paid("pm_card_authenticationRequired", **asked)

    intent = raised.value.error.payment_intent
    assert raised.value.code == "authentication_required"
    assert intent.status == "requires_payment_method"


def test_a_card_may_be_declined_after_it_was_authenticated(world: World) -> None:
    intent = world.paid("pm_card_threeDSecureRequiredChargeDeclined")

    url = payment_intents.complete_authentication(world.sandbox, intent.id, succeed=True)

    after = world.stripe.payment_intents.retrieve(intent.id)
    assert (after.status, after.last_payment_error.code) == (
        "requires_payment_method",
        "card_declined",
    )
    assert url is not None
    assert "redirect_status=failed" in url


def test_a_manual_confirmation_is_confirmed_twice(world: World) -> None:
    intent = world.paid("pm_card_authenticationRequired", confirmation_method="manual")
    payment_intents.complete_authentication(world.sandbox, intent.id, succeed=True)
    waiting = world.stripe.payment_intents.retrieve(intent.id)

    paid = world.stripe.payment_intents.confirm(intent.id, {"return_url": RETURN})

    assert (waiting.status, paid.status) == ("requires_confirmation", "succeeded")


def test_a_browser_confirms_no_manual_confirmation(world: World) -> None:
    intent = world.intent(confirmation_method="manual")
    form = {
        "key": "pk_test_x",
        "client_secret": intent.client_secret,
        "payment_method": "pm_card_visa",
        "return_url": RETURN,
    }

    answer = world.session.post(
        f"http://127.0.0.1:4242/v1/payment_intents/{intent.id}/confirm", data=form
    )

    assert answer.status_code == 400
    assert world.stripe.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_confirmation_changes_what_it_names(world: World) -> None:
    intent = world.intent()

    after = world.stripe.payment_intents.confirm(
        intent.id,
        {
            "payment_method": "pm_card_visa",
            "return_url": RETURN,
            "receipt_email": "a@b.test",
            "capture_method": "manual",
            "amount_to_confirm": 1000,
        },
    )

    assert (after.receipt_email, after.status) == ("a@b.test", "requires_capture")


def test_another_amount_is_not_confirmed(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.payment_intents.confirm(
            world.intent().id,
            {"payment_method": "pm_card_visa", "return_url": RETURN, "amount_to_confirm": 999},
        )

    assert raised.value.param == "amount_to_confirm"


def test_a_declined_intent_is_changed_and_paid(world: World) -> None:
    intent = world.intent()
    with pytest.raises(stripe.CardError):
        world.stripe.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_chargeDeclined", "return_url": RETURN}
        )

    world.stripe.payment_intents.update(intent.id, {"amount": 700, "metadata": {"try": "2"}})
    paid = world.stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
    )

    assert (paid.amount_received, paid.metadata.to_dict()) == (700, {"try": "2"})
    assert paid.last_payment_error is None


def test_a_card_is_kept_for_the_customers_next_purchase(world: World) -> None:
    customer = world.stripe.customers.create()

    first = world.paid(customer=customer.id, setup_future_usage="off_session")
    second = world.paid(first.payment_method, customer=customer.id, off_session=True)

    kept = world.stripe.payment_methods.retrieve(first.payment_method)
    assert (kept.customer, second.status) == (customer.id, "succeeded")


def test_a_customers_card_pays_for_no_one_else(world: World) -> None:
    customer = world.stripe.customers.create({"payment_method": "pm_card_visa"})
    [kept] = world.stripe.payment_methods.list({"customer": customer.id, "type": "card"}).data

    with pytest.raises(stripe.InvalidRequestError, match="attached to a customer"):
        world.paid(kept.id)


def test_an_unknown_customer_is_refused(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.intent(customer="cus_none")

    assert (raised.value.code, raised.value.param) == ("resource_missing", "customer")


@pytest.mark.parametrize("requested", ["any", "challenge"])
def test_a_shop_may_request_three_d_secure(world: World, requested: str) -> None:
    options = {"card": {"request_three_d_secure": requested}}
    by_itself = world.paid("pm_card_threeDSecureOptional")
    asked = world.paid("pm_card_threeDSecureOptional", payment_method_options=options)
    payment_intents.complete_authentication(world.sandbox, asked.id, succeed=True)
    paid = world.stripe.payment_intents.retrieve(asked.id, {"expand": ["latest_charge"]})

    assert [by_itself.status, asked.status, paid.status] == [
        "succeeded",
        "requires_action",
        "succeeded",
    ]
    assert paid.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_cards_alone_may_be_captured_later(world: World) -> None:
    options = {"card": {"capture_method": "manual"}}
    intent = world.paid(payment_method_options=options)
    session = world.checkout(payment_method_options=options)
    session = checkout_sessions.pay(world.sandbox, session.id, payment_method="pm_card_visa")
    captured = world.stripe.payment_intents.capture(session["payment_intent"])

    assert (intent.status, intent.capture_method) == ("requires_capture", "automatic_async")
    assert (session["payment_status"], captured.status) == ("unpaid", "succeeded")
    assert not [one for one in world.event_types() if "async_payment" in one]


def test_a_card_is_kept_where_its_option_says_so(world: World) -> None:
    ann = world.stripe.customers.create({})
    for usage in ("none", "off_session"):
        world.paid(customer=ann.id, payment_method_options={"card": {"setup_future_usage": usage}})

    assert len(world.stripe.payment_methods.list({"customer": ann.id}).data) == 1


@pytest.mark.parametrize("change", [{"amount": 500_000}, {"currency": "eur"}])
def test_an_approval_holds_for_the_amount_that_was_shown(
    world: World, change: dict[str, object]
) -> None:
    intent = world.paid("pm_card_authenticationRequired")

    changed = world.stripe.payment_intents.update(intent.id, change)
    with pytest.raises(StripeError, match="not waiting"):
        payment_intents.complete_authentication(world.sandbox, intent.id, succeed=True)

    assert (changed.status, changed.next_action) == ("requires_confirmation", None)
    again = world.stripe.payment_intents.confirm(intent.id, {"return_url": RETURN})
    assert again.status == "requires_action"


def test_an_approval_of_a_manual_confirmation_is_for_its_amount_too(world: World) -> None:
    intent = world.paid("pm_card_authenticationRequired", confirmation_method="manual")
    payment_intents.complete_authentication(world.sandbox, intent.id, succeed=True)
    world.stripe.payment_intents.update(intent.id, {"amount": 500_000})

    again = world.stripe.payment_intents.confirm(intent.id, {"return_url": RETURN})

    assert again.status == "requires_action"


@pytest.mark.parametrize(
    "lacking",
    [
        {"application_fee_amount": 2000},
        {"payment_method_options": {"card": {"cvc_token": "cvctok_1"}}},
        {"payment_method_options": {"card": {"installments": {"enabled": True}}}},
        {"payment_method_options": {"klarna": {"preferred_locale": "en-US"}}},
        {"transfer_data": {"destination": "acct_1"}},
        {"mandate": "mandate_1"},
        {"hooks": {"inputs": {"tax": {"calculation": "taxcalc_1"}}}},
    ],
)
def test_what_the_sandbox_does_not_do_is_a_501(world: World, lacking: dict[str, object]) -> None:
    with pytest.raises(stripe.APIError) as raised:
        world.intent(**lacking)

    assert raised.value.http_status == 501
    assert world.event_types() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("receipt_email", "nonsense"),
        ("statement_descriptor", "T" * 23),
        ("statement_descriptor", "2026"),
        ("statement_descriptor_suffix", "TEA <3"),
    ],
)
def test_a_text_that_no_one_could_read_is_refused(world: World, name: str, text: str) -> None:
    intent = world.intent(**{name: "a@b.test" if "email" in name else "TEA AND MORE"})

    made = refusal(lambda: world.intent(**{name: text}))
    changed = refusal(lambda: world.stripe.payment_intents.update(intent.id, {name: text}))

    assert [(one.status, one.param) for one in (made, changed)] == [(400, name)] * 2
