"""Every kind of purchase, in one sandbox: what a drift of any object would show in."""

import stripe

from stripe_sandbox.resources import checkout_sessions, payment_intents, refunds
from tests.sandbox.conftest import World, card


def buy_in_every_way(world: World) -> None:
    """Make every kind of purchase, and read it again."""
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
    buy_as_a_customer(world)
    read_everything(world, paid.id)
    world.paid(capture_method="manual")
    world.now += 8 * 24 * 3600
    world.stripe.charges.list()


def buy_as_a_customer(world: World) -> None:
    """Pay for a product at its price with a payment method that is kept."""
    price = {"currency": "usd", "unit_amount": 700}
    tea = world.stripe.products.create({"name": "Tea", "default_price_data": price})
    address = {"line1": "1 Road", "city": "Taipei"}
    ann = world.stripe.customers.create({"payment_method": "pm_card_visa", "address": address})
    [method] = world.stripe.payment_methods.list({"customer": ann.id}).data
    footer = {"default_payment_method": method.id, "footer": "Thanks"}
    world.stripe.customers.update(ann.id, {"invoice_settings": footer})
    world.paid(method.id, customer=ann.id)
    world.checkout(customer=ann.id, line_items=[{"price": tea.default_price, "quantity": 1}])


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
