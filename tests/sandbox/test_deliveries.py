"""Webhooks: signed, retried, in order; and the control API that makes them misbehave."""

import json
from itertools import pairwise

import pytest
import stripe

from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.deliveries import signature
from stripe_sandbox.resources import payment_intents
from stripe_sandbox.resources.webhook_endpoints import register, secret_of
from tests.sandbox.conftest import HOOK, World, listen


def test_nothing_is_sent_inside_the_request(world: World) -> None:
    listen(world)
    world.paid()

    assert world.sent == []
    assert len(world.sandbox.deliveries.pending()) == 3


def test_events_are_delivered_in_order_and_signed(world: World) -> None:
    secret = listen(world).secret
    world.paid()

    world.sandbox.deliveries.drain()

    kinds = [event["type"] for event in world.sent_events()]
    assert kinds == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    url, headers, body = world.sent[0]
    assert url == HOOK
    assert stripe.WebhookSignature.verify_header(
        body.decode(), headers["Stripe-Signature"], secret, None
    )


def test_an_endpoint_hears_of_a_family_of_events(world: World) -> None:
    listen(world, "charge.*", "payment_intent.succeeded")
    world.stripe.refunds.create({"payment_intent": world.paid().id})

    world.sandbox.deliveries.drain()

    kinds = {event["type"] for event in world.sent_events()}
    assert kinds == {
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.refunded",
        "charge.refund.updated",
    }


@pytest.mark.parametrize("kind", ["charg.*", "charge.succeeded.*", "charge*", "*.created", ".*"])
def test_a_family_of_no_events_is_refused(world: World, kind: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        listen(world, kind)

    assert raised.value.param == "enabled_events[0]"


def test_an_event_names_the_request_that_caused_it(world: World) -> None:
    answer = world.call(
        "POST", "/v1/payment_intents", "amount=1000&currency=usd", Idempotency_Key="mine"
    )

    event = world.stripe.events.list().data[0]
    assert event.request.id == answer.headers["Request-Id"]
    assert event.request.idempotency_key == "mine"


@pytest.mark.parametrize("status", [500, 302, 400, 199])
def test_what_is_not_2xx_is_tried_again_freshly_signed(world: World, status: int) -> None:
    listen(world, "payment_intent.created")
    world.intent()
    world.answers = [status, status]

    waits = []
    for _ in range(3):
        world.sandbox.deliveries.drain()
        waits.append(len(world.sent))
        world.now += 2

    signatures = {headers["Stripe-Signature"] for _, headers, _ in world.sent}
    assert waits == [1, 2, 3]
    assert len(signatures) == 3
    assert len({body for _, _, body in world.sent}) == 1
    assert world.sandbox.deliveries.pending() == []


def test_retries_wait_longer_each_time_and_end_after_three_days(world: World) -> None:
    listen(world, "payment_intent.created")
    world.intent()
    world.answers = [500] * 1000
    tried = []
    while pending := world.sandbox.deliveries.pending():
        world.now = pending[0]["due_at"]
        world.sandbox.deliveries.step()
        tried.append(world.now)

    gaps = [round(after - before) for before, after in pairwise(tried)]
    assert gaps[:5] == [1, 2, 4, 8, 16]
    assert max(gaps) == 8 * 3600
    assert 3 * 24 * 3600 < tried[-1] - tried[0] < 4 * 24 * 3600
    assert world.sandbox.deliveries.all()[0]["state"] == "failed"


def test_a_send_that_raises_is_a_failed_attempt(world: World) -> None:
    listen(world)
    world.intent()
    world.sandbox.deliveries._send = lambda *_: 1 / 0

    made = world.sandbox.deliveries.step()

    assert made is not None
    assert made["state"] == "pending"
    assert made["attempts"][0]["error"] == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("patterns", "count"),
    [(["*"], 3), (["payment_intent.created"], 1), (["payment_intent.created", "*"], 3)],
)
def test_an_endpoint_hears_what_it_asked_for(world: World, patterns: list[str], count: int) -> None:
    listen(world, *patterns)
    world.paid()

    assert len(world.sandbox.deliveries.drain()) == count


def test_delivery_success_tells_what_was_missed(world: World) -> None:
    listen(world, "payment_intent.created")
    missed, taken = world.intent().id, None
    world.answers = [500]
    world.sandbox.deliveries.drain()
    taken = world.intent().id
    world.sandbox.deliveries.drain()

    def ids(*, delivery_success: bool) -> list[str]:
        listed = world.stripe.events.list({"delivery_success": delivery_success})
        return [event.data.object.id for event in listed]

    assert ids(delivery_success=False) == [missed]
    assert ids(delivery_success=True) == [taken]


def test_events_are_filtered_by_type(world: World) -> None:
    world.paid()
    listing = world.stripe.events.list

    assert len(listing({"type": "payment_intent.*"}).data) == 2
    assert len(listing({"types": ["charge.succeeded", "payment_intent.created"]}).data) == 2
    assert listing({"type": "charge.succeeded"}).data[0].data.object.object == "charge"


def test_an_event_keeps_what_was_true_when_it_happened(world: World) -> None:
    intent = world.intent()
    world.stripe.payment_intents.cancel(intent.id)

    created = world.stripe.events.list({"type": "payment_intent.created"}).data[0]
    assert world.stripe.events.retrieve(created.id).data.object.status == (
        "requires_payment_method"
    )


def test_an_endpoint_given_at_the_start_keeps_its_secret(world: World) -> None:
    assert secret_of(world.sandbox, HOOK) == secret_of(world.sandbox, HOOK)
    assert len(world.stripe.webhook_endpoints.list().data) == 1


def test_a_reset_during_an_attempt_forgets_it(world: World) -> None:
    listen(world)
    world.intent()
    world.sandbox.deliveries._send = lambda *_: world.sandbox.reset() or 200

    world.sandbox.deliveries.step()

    assert world.sandbox.deliveries.all() == []


def test_both_secrets_sign_while_an_old_one_is_replaced(world: World) -> None:
    endpoint = listen(world, "payment_intent.created")
    new = world.control(f"webhook_endpoints/{endpoint.id}/roll", seconds=60).json()["secret"]

    signed_by = []
    for _ in range(2):
        world.intent()
        world.sandbox.deliveries.drain()
        _, headers, body = world.sent[-1]
        signed_by.append(
            [
                secret
                for secret in (endpoint.secret, new)
                if signature(body, [secret], int(world.now)).partition(",")[2]
                in headers["Stripe-Signature"]
            ]
        )
        world.now += 60

    assert signed_by == [[endpoint.secret, new], [new]]
    assert world.control("webhook_endpoints/we_x/roll").status_code == 404


def test_every_secret_that_was_replaced_signs_until_its_own_end(world: World) -> None:
    endpoint = listen(world, "payment_intent.created")
    lengths = (90, 30)
    for seconds in lengths:
        world.control(f"webhook_endpoints/{endpoint.id}/roll", seconds=seconds)

    counts = []
    for _ in range(3):
        world.intent()
        world.sandbox.deliveries.drain()
        counts.append(world.sent[-1][1]["Stripe-Signature"].count("v1="))
        world.now += 45

    assert counts == [3, 2, 1]


def test_an_attempt_keeps_its_request_its_answer_and_its_signature(world: World) -> None:
    listen(world, "payment_intent.created")
    world.intent()
    world.sandbox.deliveries._send = lambda *sent: world.sent.append(sent) or (503, b"not now")

    made = world.sandbox.deliveries.step()
    assert made is not None
    attempt = made["attempts"][0]

    _, headers, body = world.sent[0]
    assert (attempt["status"], attempt["answer"]) == (503, "not now")
    assert attempt["signature"] == headers["Stripe-Signature"]
    assert world.sandbox.deliveries.sent(made, attempt) == (headers, body)


def test_a_body_that_is_written_anew_has_another_signature(world: World) -> None:
    secret = listen(world, "payment_intent.created").secret
    world.intent()
    world.sandbox.deliveries.drain()
    _, headers, body = world.sent[0]

    for again in (
        json.dumps(json.loads(body)),
        json.dumps(json.loads(body), separators=(",", ":")),
    ):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(again, headers["Stripe-Signature"], secret, None)


def test_the_back_off_can_be_compressed(world: World) -> None:
    world.app = create_sandbox(clock=lambda: world.now, send=lambda *_: 500, retry_factor=0.001)
    sandbox = sandbox_of(world.app)
    register(sandbox, HOOK, ["*"])
    payment_intents.make(sandbox, {"amount": 1000, "currency": "usd"})
    begun = world.now
    while pending := sandbox.deliveries.pending():
        world.now = pending[0]["due_at"]
        sandbox.deliveries.step()

    assert 259 < world.now - begun < 300


def test_the_secret_is_shown_once(world: World) -> None:
    endpoint = listen(world)

    again = world.stripe.webhook_endpoints.retrieve(endpoint.id)
    assert endpoint.secret.startswith("whsec_")
    assert again.secret is None
    assert world.stripe.webhook_endpoints.list().data[0].secret is None


@pytest.mark.parametrize("how", ["delete", "disable"])
def test_an_endpoint_that_is_gone_hears_nothing_more(world: World, how: str) -> None:
    endpoint = listen(world)
    world.intent()
    if how == "delete":
        assert world.stripe.webhook_endpoints.delete(endpoint.id).deleted
    else:
        world.stripe.webhook_endpoints.update(endpoint.id, {"disabled": True})

    world.sandbox.deliveries.drain()
    world.intent()

    assert world.sent == []
    assert world.sandbox.deliveries.pending() == []
