"""A round trip through the sandbox with Stripe's Python SDK: one stop for each kind of object."""

from __future__ import annotations

from collections.abc import Callable

import stripe

from stripe_sandbox.resources.refunds import ask_shopper
from tests.sandbox.conftest import World

IBAN = "DE89370400440532013000"
SHOP = "http://shop.test"


def customers(world: World) -> None:
    api = world.stripe.customers
    ann = api.create({"name": "Ann", "email": "ann@shop.test"})
    api.update(ann.id, {"metadata": {"number": "7"}})
    method = world.stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    world.stripe.payment_methods.attach(method.id, {"customer": ann.id})

    assert api.retrieve(ann.id).metadata["number"] == "7"
    assert [one.id for one in api.list({"email": "ann@shop.test"}).data] == [ann.id]
    assert [one.id for one in api.search({"query": "email:'ann@shop.test'"}).data] == [ann.id]
    assert [one.id for one in api.payment_methods.list(ann.id).data] == [method.id]
    assert api.payment_methods.retrieve(ann.id, method.id).card.last4 == "4242"
    assert api.delete(ann.id).deleted


def products_and_prices(world: World) -> None:
    products, prices = world.stripe.products, world.stripe.prices
    tea = products.create({"name": "Tea"})
    price = prices.create({"product": tea.id, "unit_amount": 700, "currency": "usd"})
    products.update(tea.id, {"description": "Green"})
    prices.update(price.id, {"nickname": "usual"})

    assert products.retrieve(tea.id).description == "Green"
    assert [one.id for one in products.list({"active": True}).data] == [tea.id]
    assert [one.id for one in products.search({"query": "name:'Tea'"}).data] == [tea.id]
    assert prices.retrieve(price.id, {"expand": ["product"]}).product.name == "Tea"
    assert [one.nickname for one in prices.list({"product": tea.id}).data] == ["usual"]
    assert [one.id for one in prices.search({"query": f"product:'{tea.id}'"}).data] == [price.id]
    assert products.delete(products.create({"name": "Unsold"}).id).deleted


def payment_methods(world: World) -> None:
    api = world.stripe.payment_methods
    holder = {"name": "Ann", "email": "ann@shop.test"}
    debit = api.create(
        {"type": "sepa_debit", "sepa_debit": {"iban": IBAN}, "billing_details": holder}
    )
    customer = world.stripe.customers.create().id

    assert api.attach(debit.id, {"customer": customer}).customer == customer
    assert api.update(debit.id, {"metadata": {"bank": "mine"}}).metadata["bank"] == "mine"
    assert [one.id for one in api.list({"customer": customer}).data] == [debit.id]
    assert api.detach(debit.id).customer is None
    assert api.retrieve(debit.id).sepa_debit.last4 == "3000"


def payment_intents(world: World) -> None:
    api = world.stripe.payment_intents
    intent = world.intent(capture_method="manual")
    api.update(intent.id, {"metadata": {"order_id": "7"}})
    api.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": SHOP})

    assert api.capture(intent.id, {"amount_to_capture": 400}).amount_received == 400
    assert api.retrieve(intent.id).metadata["order_id"] == "7"
    assert [one.id for one in api.list().data] == [intent.id]
    assert [one.id for one in api.search({"query": "metadata['order_id']:'7'"}).data] == [intent.id]
    assert api.cancel(world.intent().id).status == "canceled"


def charges(world: World) -> None:
    api = world.stripe.charges
    intent = world.paid(capture_method="manual", metadata={"order_id": "8"})
    charge = api.capture(intent.latest_charge)
    api.update(charge.id, {"description": "Tea"})

    assert api.retrieve(charge.id).description == "Tea"
    assert [one.id for one in api.list({"payment_intent": intent.id}).data] == [charge.id]
    assert [one.id for one in api.search({"query": "amount:1000"}).data] == [charge.id]


def refunds(world: World) -> None:
    api = world.stripe.refunds
    refund = api.create({"payment_intent": world.paid().id, "amount": 300})
    pending = api.create({"payment_intent": world.paid("pm_card_pendingRefund").id})
    ask_shopper(world.sandbox, pending.id)

    assert api.update(refund.id, {"metadata": {"why": "late"}}).metadata["why"] == "late"
    assert api.retrieve(refund.id, {"expand": ["charge"]}).charge.amount_refunded == 300
    assert [one.id for one in api.list().data] == [pending.id, refund.id]
    assert api.cancel(pending.id).status == "canceled"


def disputes(world: World) -> None:
    api = world.stripe.disputes
    charge = world.paid("pm_card_createDispute").latest_charge
    [dispute] = api.list({"charge": charge}).data

    assert api.update(dispute.id, {"metadata": {"order_id": "7"}}).amount == 1000
    assert api.close(dispute.id).status == "lost"
    assert api.retrieve(dispute.id).charge == charge


def checkout_sessions(world: World) -> None:
    api = world.stripe.checkout.sessions
    session = world.checkout()
    api.update(session.id, {"metadata": {"order_id": "9"}})

    assert api.retrieve(session.id, {"expand": ["line_items"]}).line_items.data[0].quantity == 2
    assert [one.amount_total for one in api.line_items.list(session.id).data] == [1400]
    assert [one.metadata["order_id"] for one in api.list({"status": "open"}).data] == ["9"]
    assert api.expire(session.id).status == "expired"


def balance_transactions(world: World) -> None:
    world.paid()
    [transaction] = world.stripe.balance_transactions.list({"type": "charge"}).data

    shown = world.stripe.balance_transactions.retrieve(transaction.id)

    assert shown.net == shown.amount - shown.fee


def events_and_webhook_endpoints(world: World) -> None:
    api = world.stripe.webhook_endpoints
    made = api.create({"url": f"{SHOP}/hook", "enabled_events": ["payment_intent.created"]})
    world.intent()
    world.sandbox.deliveries.drain()
    [event] = world.stripe.events.list({"delivery_success": True}).data

    _, headers, body = world.sent[0]
    told = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], made.secret)
    assert told.id == world.stripe.events.retrieve(event.id).id
    assert api.update(made.id, {"disabled": True}).status == "disabled"
    assert [one.url for one in api.list().data] == [api.retrieve(made.id).url]
    assert api.delete(made.id).deleted


STOPS: list[Callable[[World], None]] = [
    customers,
    products_and_prices,
    payment_methods,
    payment_intents,
    charges,
    refunds,
    disputes,
    checkout_sessions,
    balance_transactions,
    events_and_webhook_endpoints,
]
