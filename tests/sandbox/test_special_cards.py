"""Test cards that pay in a way of their own, and names that are no card's."""

import pytest
import stripe

from stripe_sandbox.resources import payment_intents
from tests.sandbox.conftest import World
from tests.sandbox.refusals import refusal


@pytest.mark.parametrize(
    ("alias", "special"),
    [
        ("gb", ("normal", "pass", "pending")),
        ("riskLevelElevated", ("elevated", "pass", "pending")),
        ("cvcCheckFail", ("normal", "fail", "pending")),
        ("bypassPending", ("normal", "pass", "available")),
    ],
)
def test_a_card_that_pays_may_be_special(
    world: World, alias: str, special: tuple[str, str, str]
) -> None:
    expand = ["latest_charge.balance_transaction"]
    charge = world.paid(f"pm_card_{alias}", expand=expand).latest_charge

    checks = charge.payment_method_details.card.checks
    assert special == (
        charge.outcome.risk_level,
        checks.cvc_check,
        charge.balance_transaction.status,
    )


def test_what_is_blocked_never_comes_to_the_bank(world: World) -> None:
    with pytest.raises(stripe.CardError):
        world.paid("pm_card_radarBlock")

    [charge] = world.stripe.charges.list().data
    assert (charge.outcome.type, charge.outcome.network_status) == (
        "blocked",
        "not_sent_to_network",
    )


def test_an_authenticated_card_may_lack_funds(world: World) -> None:
    intent = world.paid("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    payment_intents.complete_authentication(world.sandbox, intent.id, succeed=True)

    after = world.stripe.payment_intents.retrieve(intent.id)
    assert after.last_payment_error.decline_code == "insufficient_funds"


@pytest.mark.parametrize(("name", "status"), [("pm_none", 400), ("pm_card_golden", 501)])
def test_an_unknown_payment_method_is_refused(world: World, name: str, status: int) -> None:
    assert refusal(lambda: world.intent(payment_method=name)).status == status
