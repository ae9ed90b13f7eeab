"""The sandbox speaks as the installed SDK expects: every object and every event, field by field."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import stripe

from stripe_sandbox.resources import checkout_sessions, payment_intents, refunds
from tests.sandbox import sdk_types
from tests.sandbox.conftest import World, card

ROOT = Path(__file__).resolve().parents[2]
EMITTED = {
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.failed",
    "charge.pending",
    "charge.refund.updated",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
}


def buy_in_every_way(world: World) -> list[dict[str, Any]]:
    """Make every kind of purchase; return every object that was shown on the way."""
    shown: list[dict[str, Any]] = []
    world.session.hooks["response"].append(lambda answer, **_: shown.append(answer.json()))
    world.stripe.webhook_endpoints.create({"url": "http://x.test", "enabled_events": ["*"]})
    shipping = {"name": "A", "address": {"line1": "1 Road", "country": "TW"}}
    for name in ("visa", "amex", "chargeDeclined", "authenticationRequired"):
        try:
            world.paid(f"pm_card_{name}", description="Tea", shipping=shipping)
        except stripe.CardError:
            continue
    waiting = world.paid("pm_card_threeDSecure2Required")
    payment_intents.complete_authentication(world.sandbox, waiting.id, succeed=False)
    sdk_waiting = world.intent()
    payment_intents.confirm(world.sandbox, sdk_waiting.id, payment_method="pm_card_visa")
    world.stripe.payment_intents.capture(world.paid(capture_method="manual").id)
    world.stripe.payment_intents.cancel(world.intent().id)
    world.stripe.refunds.create({"payment_intent": sdk_waiting.id, "amount": 100})
    pay_from_bank_accounts(world)
    dispute_in_every_way(world)
    paid, _ = world.checkout(locale="zh-TW", customer_email="a@b.test"), world.checkout()
    for number in ("4000000000000002", "4242424242424242"):
        checkout_sessions.submit(
            world.sandbox, paid.id, payment_method_data=card(number), email="a@b.test"
        )
    world.stripe.checkout.sessions.expire(world.checkout().id)
    read_everything(world, paid.id)
    return shown


def pay_from_bank_accounts(world: World) -> None:
    """Let debits work and fail, a redirect be approved, refunds go all their ways."""
    paid = world.debited("success_de")
    world.debited("failed_de")
    waiting = world.paid(payment_method_data={"type": "ideal"}, currency="eur", card=None)
    world.now += 10
    world.stripe.payment_intents.retrieve(paid.id)
    payment_intents.complete_authentication(world.sandbox, waiting.id, succeed=True)
    made = [world.stripe.refunds.create({"payment_intent": paid.id, "amount": 50}) for _ in "123"]
    refunds.ask_shopper(world.sandbox, made[0].id)
    refunds.ask_shopper(world.sandbox, made[1].id)
    world.stripe.refunds.cancel(made[1].id)
    refunds.fail_refund(world.sandbox, made[2].id)
    for number in ("DE89370400440532013000", "DE62370400440532013001"):
        debit = {"type": "sepa_debit", "sepa_debit": {"iban": number}}
        checkout_sessions.pay(
            world.sandbox, world.checkout(currency="eur").id, payment_method_data=debit
        )
    world.now += 10
    world.stripe.charges.list()


def dispute_in_every_way(world: World) -> None:
    """Win one dispute, lose one and let one be lost; ask, and escalate."""
    api = world.stripe.disputes
    for name, words in (
        ("", "winning_evidence"),
        ("", "losing_evidence"),
        ("Inquiry", "escalate_inquiry_evidence"),
        ("Inquiry", "Delivered."),
    ):
        intent = world.paid(f"pm_card_createDispute{name}")
        dispute = api.list({"payment_intent": intent.id}).data[0]
        api.update(dispute.id, {"evidence": {"uncategorized_text": words}})
    api.close(api.list({"payment_intent": world.paid("pm_card_createDispute").id}).data[0].id)


def read_everything(world: World, session_id: str) -> None:
    api = world.stripe
    api.payment_intents.list({"limit": 100, "expand": ["data.latest_charge.balance_transaction"]})
    api.charges.list({"limit": 100, "expand": ["data.refunds", "data.payment_intent"]})
    api.checkout.sessions.list({"expand": ["data.line_items", "data.payment_intent"]})
    api.checkout.sessions.line_items.list(session_id, {"expand": ["data.price.product"]})
    api.refunds.list({"expand": ["data.charge", "data.payment_intent"]})
    api.disputes.list({"limit": 100, "expand": ["data.charge", "data.payment_intent"]})
    api.charges.update(api.charges.list().data[0].id, {"description": "Green tea"})
    api.balance_transactions.list({"limit": 100, "expand": ["data.source"]})
    api.webhook_endpoints.list()
    for method in world.sandbox.newest_first("payment_method"):
        api.payment_methods.retrieve(method["id"])


def complaints(value: dict[str, Any]) -> Iterator[str]:
    """Yield where an answer differs from what the SDK declares for its kind of object."""
    if "error" in value:
        yield from sdk_types.object_misfits(
            {**dict.fromkeys(sdk_types.declared(stripe.ErrorObject)), **value["error"]},
            stripe.ErrorObject,
            "error",
        )
    elif value["object"] == "list":
        for row in value["data"]:
            yield from complaints(row)
    else:
        cls = sdk_types.class_named(value["object"])
        yield from sdk_types.object_misfits(value, cls, value["object"])


@pytest.fixture(scope="module")
def bought() -> tuple[World, list[dict[str, Any]]]:
    stripe.enable_telemetry = False
    world = World()
    return world, buy_in_every_way(world)


def test_every_answer_is_what_the_sdk_declares(bought: tuple[World, list[dict[str, Any]]]) -> None:
    _, shown = bought

    assert len(shown) > 30
    assert sorted({one for answer in shown for one in complaints(answer)}) == []


def test_every_event_is_what_the_sdk_declares(bought: tuple[World, list[dict[str, Any]]]) -> None:
    world, _ = bought
    events = list(world.sandbox.newest_first("event"))
    known = set(get_args(sdk_types.declared(stripe.Event)["type"]))

    problems = {one for event in events for one in complaints(event)}
    problems |= {one for event in events for one in complaints(event["data"]["object"])}

    assert {event["type"] for event in events} == EMITTED
    assert known >= EMITTED
    assert sorted(problems) == []


def test_everything_kept_is_what_the_sdk_declares(
    bought: tuple[World, list[dict[str, Any]]],
) -> None:
    world, _ = bought
    rows = [row for table in world.sandbox.state.tables.values() for row in table.values()]

    assert sorted({one for row in rows for one in complaints(row)}) == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda row: row.pop("amount"), "payment_intent.amount: missing"),
        (lambda row: row.pop("receipt_email"), "payment_intent.receipt_email: missing"),
        (lambda row: row.update(amount="1"), "payment_intent.amount: '1' is no int"),
        (lambda row: row.update(amount=True), "payment_intent.amount: True is no int"),
        (lambda row: row.update(colour=1), "payment_intent.colour: PaymentIntent has no such"),
        (
            lambda row: row.update(object="intent"),
            "payment_intent.object: 'intent' is no Literal",
        ),
        (lambda row: row["automatic_payment_methods"].pop("enabled"), "enabled: missing"),
        (lambda row: row.update(payment_method_types=[1]), "payment_method_types[0]: 1 is no str"),
        (lambda row: row["latest_charge"].pop("paid"), "latest_charge.paid: missing"),
    ],
)
def test_a_drifting_object_would_be_noticed(world: World, spoil: Any, complaint: str) -> None:
    intent = world.stripe.payment_intents.retrieve(world.paid().id, {"expand": ["latest_charge"]})
    row = copy.deepcopy(intent.to_dict(for_json=True))
    spoil(row)

    found = list(sdk_types.object_misfits(row, stripe.PaymentIntent, "payment_intent"))

    assert len(found) == 1
    assert complaint in found[0]


def test_the_committed_shapes_are_those_of_the_installed_sdk() -> None:
    check = [sys.executable, "-m", "scripts.sandbox_shapes", "--check"]

    checked = subprocess.run(check, check=False, cwd=ROOT)

    assert checked.returncode == 0


def test_the_sandbox_speaks_the_version_that_the_sdk_pins(world: World) -> None:
    world.intent()
    version = stripe.StripeClient("sk_test_x")._requestor._options.stripe_version

    event = next(world.sandbox.newest_first("event"))

    assert json.dumps(event["api_version"]) == json.dumps(version)
