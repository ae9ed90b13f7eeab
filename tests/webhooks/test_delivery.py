"""Deliveries as Stripe makes them: once, twice, late, shuffled."""

from stripe_sandbox import payment_intents
from tests.shop import Shop, Visitor


def pay(shop: Shop, token: str, card: str = "pm_card_visa") -> None:
    """Confirm the order's PaymentIntent at the sandbox."""
    intent = shop.payments(token)[-1].payment_intent_id
    payment_intents.confirm(
        shop.sandbox, intent or "", payment_method=card, return_url="http://127.0.0.1:8000/return"
    )


def test_an_order_is_paid_by_the_webhook_alone(shop: Shop, visitor: Visitor):
    token = visitor.buy()
    pay(shop, token)

    assert shop.order(token).status == "pending"
    assert "applied" in shop.deliver()
    assert shop.order(token).status == "paid"
