"""Rules about one purchase and no other, what comes before an answer, and who pays anyway."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import stripe

from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.resources import checkout_sessions
from tests.sandbox.conftest import BASE, HOOK, World, card, listen
from tests.wsgi_transport import session_for

OURS = {"order_id": "order_1"}
RETURN = "http://shop.test/return"


def rule(world: World, kind: str, **fields: Any) -> Any:
    answer = world.control("rules", kind=kind, **{"about": "order_1", **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def delivered(world: World) -> list[str]:
    world.sandbox.deliveries.drain()
    return [event["type"] for event in world.sent_events()]


def confirmed(world: World, **params: Any) -> Any:
    """Make a PaymentIntent and pay it with a good card, in two requests as a shop's page does."""
    intent = world.intent(**params)
    return world.stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
    )


def test_a_rule_about_an_order_leaves_every_other_alone(world: World) -> None:
    listen(world)
    rule(world, "drop")
    world.paid(metadata=OURS)
    world.paid(metadata={"order_id": "order_11"})
    world.paid()

    kinds = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    assert delivered(world) == kinds * 2
    [made] = world.sandbox.rules.all()
    assert made["taken"] == 3


@pytest.mark.parametrize("about", ["id", "payment_intent"])
def test_a_rule_can_name_an_object_of_stripes(world: World, about: str) -> None:
    listen(world, "charge.succeeded", "payment_intent.succeeded")
    intent, other = world.intent(), world.intent()
    type_ = "charge.*" if about == "payment_intent" else "payment_intent.*"
    rule(world, "drop", about=intent.id, type=type_)
    for each in (intent, other):
        world.stripe.payment_intents.confirm(
            each.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
        )

    assert len(delivered(world)) == 3


def test_only_the_deliveries_of_the_order_are_spoiled(world: World) -> None:
    listen(world, "payment_intent.created")
    rule(world, "wrong_secret")
    world.intent(metadata=OURS)
    world.intent()
    delivered(world)

    spoiled = [row["attempts"][0]["spoiled"] for row in world.sandbox.deliveries.all()]
    assert spoiled == [["wrong_secret"], []]


def test_the_deliveries_about_an_order_can_be_asked_for(world: World) -> None:
    listen(world, "payment_intent.created")
    world.intent(metadata=OURS)
    world.intent()
    delivered(world)

    found = world.session.get(f"{BASE}/_sandbox/deliveries?about=order_1").json()["deliveries"]

    assert [(row["type"], len(row["attempts"])) for row in found] == [("payment_intent.created", 1)]
    assert len(world.session.get(f"{BASE}/_sandbox/deliveries").json()["deliveries"]) == 2


def test_what_comes_before_the_answer_was_answered_by_then(world: World) -> None:
    listen(world)
    intent, other = world.intent(metadata=OURS), world.intent()
    delivered(world)
    rule(world, "before_answer", type="payment_intent.*")
    for each in (other, intent):
        world.stripe.payment_intents.confirm(
            each.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
        )

    assert [event["type"] for event in world.sent_events()[2:]] == ["payment_intent.succeeded"]
    assert world.sent_events()[-1]["data"]["object"]["id"] == intent.id
    assert len(delivered(world)) == 6


def test_what_comes_before_the_answer_and_is_refused_is_tried_again_after_it(world: World) -> None:
    listen(world, "payment_intent.created")
    rule(world, "before_answer")
    world.answers = [500]
    world.intent(metadata=OURS)
    assert len(world.sent) == 1

    world.now += 2
    assert delivered(world) == ["payment_intent.created"] * 2


def test_an_answer_that_is_lost_comes_after_the_delivery_too(world: World) -> None:
    listen(world, "payment_intent.created")
    rule(world, "before_answer")
    world.control("rules", kind="reset", path="/v1/payment_intents")

    with pytest.raises(stripe.APIConnectionError):
        world.intent(metadata=OURS)

    assert len(world.sent) == 1


def test_what_is_held_does_not_keep_the_answer_waiting(world: World) -> None:
    listen(world, "payment_intent.created")
    rule(world, "before_answer")
    world.control("deliveries/hold")

    assert world.intent(metadata=OURS).status == "requires_payment_method"
    assert world.sent == []


def test_the_answer_waits_while_another_thread_delivers() -> None:
    """With threads of its own, the sandbox often delivers before the request comes to it."""
    answered, order = threading.Event(), []

    def take(_: str, __: dict[str, str], ___: bytes) -> int:
        answered.wait(0.3)  # long enough for an answer that doesn't wait
        order.append("webhook")
        return 200

    app = create_sandbox(send=take, threaded=True)
    session = session_for(app)
    try:
        headers = {"Authorization": "Bearer sk_test_x"}
        hook = {"url": HOOK, "enabled_events[]": "payment_intent.created"}
        session.post(f"{BASE}/v1/webhook_endpoints", data=hook, headers=headers)
        session.post(f"{BASE}/_sandbox/rules", json={"kind": "before_answer", "about": "order_1"})
        made = {"amount": 1000, "currency": "usd", "metadata[order_id]": "order_1"}
        session.post(f"{BASE}/v1/payment_intents", data=made, headers=headers)
        order.append("answer")
        answered.set()
    finally:
        sandbox_of(app).deliveries.stop()

    assert order == ["webhook", "answer"]


def test_the_sandbox_can_decline_a_good_card_once(world: World) -> None:
    listen(world)
    rule(world, "decline", times=1)
    with pytest.raises(stripe.CardError) as refused:
        world.paid(metadata=OURS)
    assert refused.value.code == "card_declined"
    intent = world.stripe.payment_intents.list().data[0]

    again = world.stripe.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN}
    )

    assert again.status == "succeeded"
    assert "payment_intent.payment_failed" in delivered(world)


def test_the_sandbox_can_ask_for_authentication_whatever_the_card(world: World) -> None:
    rule(world, "authenticate", times=1)
    asked = confirmed(world, metadata=OURS)
    assert (asked.status, confirmed(world).status) == ("requires_action", "succeeded")
    world.app.test_client().post(f"/3d_secure/{asked.id}", data={"answer": "complete"})

    assert world.stripe.payment_intents.retrieve(asked.id).status == "succeeded"


def test_a_rule_about_cards_leaves_a_debit_alone(world: World) -> None:
    rule(world, "decline")

    assert world.debited(metadata=OURS).status == "processing"


def test_a_session_is_decided_by_the_metadata_of_its_intent(world: World) -> None:
    rule(world, "decline", times=1)
    session = world.checkout(payment_intent_data={"metadata": OURS})

    outcome = checkout_sessions.submit(
        world.sandbox, session.id, payment_method_data=card(), email="a@example.com"
    ).outcome

    assert outcome == "declined"
    [intent] = world.stripe.payment_intents.list().data
    assert intent.last_payment_error.code == "card_declined"


def test_somebody_pays_an_intent_whatever_became_of_it(world: World) -> None:
    open_, stopped = world.intent(), world.intent()
    world.stripe.payment_intents.cancel(stopped.id)

    for each in (open_, stopped):
        assert world.control(f"objects/{each.id}/pay").json()["status"] == "succeeded"

    assert world.control("objects/pi_nobodys/pay").status_code == 404


def test_whoever_pays_what_is_paid_pays_nothing(world: World) -> None:
    for object_id in (world.intent().id, world.checkout().id):
        first, again = (world.control(f"objects/{object_id}/pay") for _ in range(2))
        assert (again.status_code, again.json()) == (200, first.json())

    assert len(world.stripe.charges.list().data) == 2


def test_the_rules_about_one_object_are_replaced_together(world: World) -> None:
    other = rule(world, "hold", about="order_2")
    rule(world, "drop")
    rule(world, "delay")

    [made] = world.control(
        "rules/about", about="order_1", definitions=[{"kind": "duplicate"}]
    ).json()["rules"]

    assert (made["kind"], made["about"]) == ("duplicate", "order_1")
    assert world.sandbox.rules.all() == [other, made]
    assert world.control("rules/about", about="order_1", definitions=[]).json() == {"rules": []}
    assert world.sandbox.rules.all() == [other]


@pytest.mark.parametrize("definition", [{"kind": "rain"}, {"kind": "500"}, "drop"])
def test_a_rule_that_cannot_be_about_an_object_replaces_none(
    world: World, definition: object
) -> None:
    kept = rule(world, "drop")

    answer = world.control(
        "rules/about", about="order_1", definitions=[{"kind": "hold"}, definition]
    )

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert world.sandbox.rules.all() == [kept]


def test_of_many_who_replace_at_once_one_has_its_way(world: World) -> None:
    """Each ends the others' rules and makes its own two, with nobody in between."""
    kinds = ["drop", "hold", "duplicate", "before_answer"] * 5

    def replace(kind: str) -> None:
        world.sandbox.rules.replace_about("order_1", [{"kind": kind}] * 2)

    threads = [threading.Thread(target=replace, args=[kind]) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(world.sandbox.rules.all()) == 2
    assert len({each["kind"] for each in world.sandbox.rules.all()}) == 1


@pytest.mark.parametrize("was_tried", [False, True])
def test_somebody_pays_a_session_whatever_became_of_it(world: World, *, was_tried: bool) -> None:
    open_, stopped = world.checkout(), world.checkout()
    if was_tried:
        checkout_sessions.submit(
            world.sandbox,
            stopped.id,
            payment_method_data=card("4000000000000002"),
            email="a@example.com",
        )
    world.stripe.checkout.sessions.expire(stopped.id)

    for each in (open_, stopped):
        paid = world.control(f"objects/{each.id}/pay").json()
        assert (paid["status"], paid["payment_status"]) == ("complete", "paid")

    assert world.event_types().count("checkout.session.completed") == 2
