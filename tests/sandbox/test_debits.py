"""Payment methods that take their time or a detour: SEPA debits and iDEAL."""

import pytest
import stripe

from stripe_sandbox.resources import payment_intents
from stripe_sandbox.resources.declines import FAILED_DEBITS
from stripe_sandbox.resources.ibans import IBANS, by_iban
from tests.sandbox.conftest import World

RETURN = "http://shop.test/return"
BEGUN = ["payment_intent.created", "charge.pending", "payment_intent.processing"]


def debit(iban: str) -> dict[str, object]:
    return {"type": "sepa_debit", "sepa_debit": {"iban": iban}}


def redirected(world: World) -> stripe.PaymentIntent:
    ideal = {"type": "ideal"}
    return world.paid(None, currency="eur", payment_method_data=ideal, metadata={"order": "1"})


def test_a_debit_is_processing_first(world: World) -> None:
    intent = world.debited()

    charge = world.stripe.charges.retrieve(intent.latest_charge)
    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert (charge.status, charge.paid, charge.balance_transaction) == ("pending", False, None)
    assert (charge.payment_method_details.sepa_debit.last4, charge.refunded) == ("3201", False)
    assert world.event_types() == BEGUN


@pytest.mark.parametrize("how", ["retrieve", "list", "clock"])
def test_a_debit_succeeds_in_time(world: World, how: str) -> None:
    intent = world.debited()

    if how == "clock":
        world.control("clock/advance", seconds=5)
    else:
        world.now += 5
        asked = {"retrieve": (intent.id,), "list": ()}[how]
        getattr(world.stripe.payment_intents, how)(*asked)

    after = world.stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (after.status, after.amount_received) == ("succeeded", 1000)
    assert (after.latest_charge.status, after.latest_charge.paid) == ("succeeded", True)
    assert world.event_types() == [*BEGUN, "charge.succeeded", "payment_intent.succeeded"]


def test_what_happens_by_itself_is_no_requests_doing(world: World) -> None:
    intent = world.debited()
    world.now += 5

    world.stripe.payment_intents.retrieve(intent.id)

    event = world.stripe.events.list({"type": "payment_intent.succeeded"}).data[0]
    assert (event.request.id, event.request.idempotency_key) == (None, None)


@pytest.mark.parametrize("scenario", ["failed", "insufficientFunds", "exceedsWeeklyVolumeLimit"])
def test_a_debit_that_fails_leaves_the_intent_payable(world: World, scenario: str) -> None:
    intent = world.debited(f"{scenario}_at")
    world.now += 5

    after = world.stripe.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})

    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error.code == after.latest_charge.failure_code
    assert after.latest_charge.status == "failed"
    assert world.event_types() == [*BEGUN, "charge.failed", "payment_intent.payment_failed"]
    paid = world.stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
    )
    assert paid.status == "succeeded"


@pytest.mark.parametrize(
    ("iban", "after_seconds"), [("AT611904300234573201", 5), ("AT321904300235473204", 180)]
)
def test_a_slow_account_takes_three_minutes(world: World, iban: str, after_seconds: int) -> None:
    made = world.stripe.payment_methods.create(debit(iban))
    accepted = {"customer_acceptance": {"type": "offline"}}
    intent = world.paid(made.id, currency="eur", mandate_data=accepted)

    world.now += after_seconds - 1
    assert world.stripe.payment_intents.retrieve(intent.id).status == "processing"
    world.now += 1
    assert world.stripe.payment_intents.retrieve(intent.id).status == "succeeded"


def test_the_wait_is_a_setting() -> None:
    world = World(settle_after=3 * 24 * 3600)
    intent = world.debited()

    world.now += 3 * 24 * 3600 - 1
    assert world.stripe.payment_intents.retrieve(intent.id).status == "processing"
    world.now += 1
    assert world.stripe.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_snapshot_remembers_what_is_on_its_way(world: World) -> None:
    intent = world.debited()
    snapshot = world.sandbox.snapshot()
    world.sandbox.reset()

    world.sandbox.restore(snapshot)
    world.now += 5

    assert world.stripe.payment_intents.retrieve(intent.id).status == "succeeded"


@pytest.mark.parametrize("iban", IBANS, ids=lambda iban: iban.number)
def test_every_test_iban_is_a_valid_one_that_the_table_knows(iban: object) -> None:
    spaced = " ".join(iban.number[at : at + 4] for at in range(0, len(iban.number), 4))
    number = iban.number[4:] + iban.number[:4]

    assert by_iban(spaced.lower()) == iban
    assert int("".join(str(int(one, 36)) for one in number)) % 97 == 1
    assert iban.behaviour in {"succeed", "dispute", *FAILED_DEBITS}


@pytest.mark.parametrize("iban", ["AT611904300234573202", "XX611904300234573201", "AT61", ""])
def test_what_is_no_iban_is_refused(iban: str) -> None:
    assert by_iban(iban) is None


def test_a_servers_debit_needs_the_customers_acceptance(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.paid("pm_sepaDebit_success_at", currency="eur")

    assert raised.value.code == "payment_intent_mandate_invalid"


def test_a_browser_brings_the_acceptance_itself(world: World) -> None:
    intent = world.intent(currency="eur")
    form = {
        "key": "pk_test_x",
        "client_secret": intent.client_secret,
        "payment_method_data[type]": "sepa_debit",
        "payment_method_data[sepa_debit][iban]": "DE89 3704 0044 0532 0130 00",
        "return_url": RETURN,
    }

    answer = world.session.post(
        f"http://127.0.0.1:4242/v1/payment_intents/{intent.id}/confirm", data=form
    )

    assert (answer.status_code, answer.json()["status"]) == (200, "processing")


def test_what_is_processing_is_not_canceled(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.payment_intents.cancel(world.debited().id)

    assert raised.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("currency", "params", "types"),
    [
        ("eur", {}, ["card", "ideal", "sepa_debit"]),
        ("usd", {}, ["card"]),
        ("eur", {"capture_method": "manual"}, ["card"]),
        ("eur", {"excluded_payment_method_types": ["ideal"]}, ["card", "sepa_debit"]),
        ("eur", {"allowed_payment_method_types": ["ideal"]}, ["ideal"]),
        (
            "eur",
            {"automatic_payment_methods": {"enabled": True, "allow_redirects": "never"}},
            ["card", "sepa_debit"],
        ),
    ],
)
def test_what_a_payment_can_be_made_with_follows_from_its_parameters(
    world: World, currency: str, params: dict[str, object], types: list[str]
) -> None:
    assert world.intent(currency=currency, **params).payment_method_types == types


def test_a_changed_currency_changes_the_payment_methods(world: World) -> None:
    intent = world.intent(currency="eur")

    after = world.stripe.payment_intents.update(intent.id, {"currency": "usd"})

    assert after.payment_method_types == ["card"]


@pytest.mark.parametrize("currency", ["usd", "twd"])
def test_a_debit_takes_euros_only(world: World, currency: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="eur only"):
        world.intent(currency=currency, amount=5000, payment_method="pm_sepaDebit_success_at")


def test_a_redirect_asks_the_shopper_first(world: World) -> None:
    intent = redirected(world)

    redirect = intent.next_action.redirect_to_url
    assert (intent.status, redirect.return_url) == ("requires_action", RETURN)
    assert redirect.url == f"http://localhost:4242/redirect/{intent.id}"
    assert world.event_types() == ["payment_intent.created", "payment_intent.requires_action"]


@pytest.mark.parametrize("succeed", [True, False])
def test_a_redirect_leads_back_paid_or_not(world: World, *, succeed: bool) -> None:
    intent = redirected(world)

    url = payment_intents.complete_authentication(world.sandbox, intent.id, succeed=succeed)

    after = world.stripe.payment_intents.retrieve(intent.id)
    assert after.status == ("succeeded" if succeed else "requires_payment_method")
    assert url is not None
    assert url.endswith("redirect_status=succeeded" if succeed else "redirect_status=failed")
    assert (after.last_payment_error is None) == succeed


def test_a_redirect_needs_a_way_back(world: World) -> None:
    intent = world.intent(currency="eur", allowed_payment_method_types=["ideal"])
    made = world.stripe.payment_methods.create({"type": "ideal"})

    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.payment_intents.confirm(intent.id, {"payment_method": made.id})

    assert raised.value.param == "return_url"
