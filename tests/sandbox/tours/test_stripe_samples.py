"""What the servers of Stripe's own samples send, in the words and the API versions they use."""

from __future__ import annotations

import pytest
import stripe

from stripe_sandbox.resources import checkout_sessions
from tests.sandbox.conftest import BASE, World, card, listen

VERSION = "2023-10-16"


@pytest.fixture
def sample(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A sandbox at the other end of the module-level SDK, as the samples use it."""
    monkeypatch.setattr(stripe, "api_key", "sk_test_sample")
    monkeypatch.setattr(stripe, "api_base", BASE)
    monkeypatch.setattr(stripe, "api_version", VERSION)
    monkeypatch.setattr(stripe, "default_http_client", stripe.RequestsClient(session=world.session))
    return world


def test_accept_a_payment_with_the_payment_element(sample: World) -> None:
    secret = listen(sample).secret
    intent = stripe.PaymentIntent.create(
        amount=1999, currency="EUR", automatic_payment_methods={"enabled": True}
    )

    stripe.PaymentIntent.confirm(intent.id, payment_method="pm_card_visa", return_url=BASE)
    sample.sandbox.deliveries.drain()

    events = [told(sent, secret) for sent in sample.sent]
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert events[-1]["type"] == "payment_intent.succeeded"
    assert events[-1]["data"]["object"]["amount_received"] == 1999


@pytest.mark.parametrize("kind", ["card", "sepa_debit", "ideal"])
def test_accept_a_payment_with_one_method_by_name(sample: World, kind: str) -> None:
    intent = stripe.PaymentIntent.create(amount=5999, currency="eur", payment_method_types=[kind])

    assert intent["payment_method_types"] == [kind]


def test_checkout_one_time_payments_sells_a_price(sample: World) -> None:
    secret = listen(sample, "checkout.session.completed").secret
    product = stripe.Product.create(name="Pasha photo")
    price = stripe.Price.create(product=product.id, unit_amount=500, currency="usd")
    session = stripe.checkout.Session.create(
        success_url=BASE + "/success.html?session_id={CHECKOUT_SESSION_ID}",
        cancel_url=BASE + "/canceled.html",
        mode="payment",
        line_items=[{"price": stripe.Price.retrieve(price.id).id, "quantity": 3}],
    )

    checkout_sessions.submit(
        sample.sandbox, session.id, payment_method_data=card(), email="ann@shop.test"
    )
    sample.sandbox.deliveries.drain()

    assert stripe.checkout.Session.retrieve(session.id)["payment_status"] == "paid"
    assert told(sample.sent[0], secret)["data"]["object"]["amount_total"] == 1500


def told(sent: tuple[str, dict[str, str], bytes], secret: str) -> stripe.Event:
    """Return the event as the samples read it."""
    _, headers, body = sent
    return stripe.Webhook.construct_event(
        payload=body, sig_header=headers["Stripe-Signature"], secret=secret
    )
