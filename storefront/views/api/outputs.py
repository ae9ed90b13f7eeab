"""What the API tells. Only what is listed here ever leaves; a client_secret in one answer alone."""

from __future__ import annotations

from marshmallow import fields

from storefront.lifecycle import Flow, OrderStatus, PaymentStatus
from storefront.views.api.errors import ErrorCode
from storefront.views.api.told import (
    Output,
    currency_code,
    how_many,
    minor_units,
    moment,
    text,
    word,
)

PAY_ID, ORDER_ID, PROD_ID = (
    f"{prefix}_{'0123456789ABCDEFGHIJKL'}" for prefix in ("pay", "order", "prod")
)


class PaymentIntent(Output):
    """Stripe's object, as your page needs it."""

    id = text("Stripe's id.", "pi_3QK")
    status = text("Stripe's status.", "requires_payment_method")
    amount = minor_units("In minor units.")
    currency = currency_code()
    client_secret = text(
        "For Stripe.js on your page. Whoever has it can pay, and see the payment: never log or "
        "store it.",
        "pi_3QK_secret_9hR",
    )


class PaymentStarted(Output):
    """A payment that waits for your page to confirm it."""

    payment_id = text("The payment: poll `GET /v1/payments/{payment_id}`.", PAY_ID)
    order_id = text("The order that it pays.", ORDER_ID)
    payment_intent = fields.Nested(PaymentIntent, required=True)
    amount = minor_units("What will be charged, in minor units.")
    currency = currency_code()
    status = word("Where the payment stands.", PaymentStatus)


class CheckoutSessionStarted(Output):
    """A payment that waits on Stripe's page."""

    checkout_url = text(
        "Send the shopper there.", "https://checkout.stripe.com/c/pay/cs_test_a1", format="uri"
    )
    session_id = text("Stripe's Checkout Session.", "cs_test_a1")
    order_id = text("The order that it pays.", ORDER_ID)
    payment_id = text("The payment: poll `GET /v1/payments/{payment_id}`.", PAY_ID)


STRIPE = {"description": "Who takes the money.", "type": "string", "enum": ["stripe"]}


class Payment(Output):
    """One attempt to pay one order, as Stripe's webhooks have told it."""

    id = text("The payment.", PAY_ID)
    order_id = text("The order that it pays.", ORDER_ID)
    user_id = text("Whose it is.", "user_0123456789ABCDEFGHIJKL")
    flow = word("Which of Stripe's two flows it uses.", Flow)
    stripe_payment_intent_id = text(
        "Null in the Checkout flow until the shopper submits.", "pi_3QK", allow_none=True
    )
    checkout_session_id = text("Null in the PaymentIntent flow.", "cs_test_a1", allow_none=True)
    amount = minor_units("What is to be paid, in minor units.")
    amount_received = minor_units("What was paid.", 0)
    amount_refunded = minor_units("What was given back.", 0)
    currency = currency_code()
    status = word("Where it stands. `succeeded` is said by Stripe's webhook alone.", PaymentStatus)
    payment_method = fields.Constant("stripe", required=True, metadata=STRIPE)
    failure_reason = text(
        "Stripe's word for why the last try failed.", "insufficient_funds", allow_none=True
    )
    last_event_id = text("The event of Stripe's that says so.", "evt_1QK", allow_none=True)
    metadata = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True,
        metadata={"description": "What you gave."},
    )  # fmt: skip
    created_at = moment("When it was started.")
    updated_at = moment("When something last happened to it.")
    paid_at = moment("When the money came, by Stripe's clock.", is_known=False)


class OrderItem(Output):
    """One product × quantity, as it was when the order was placed."""

    product_id = text("The product.", PROD_ID)
    product_name = text("Its name then.", "Paper shears")
    product_price = minor_units("What one cost then, in minor units.")
    quantity = how_many()
    subtotal = minor_units("`product_price` × `quantity`.")


class Order(Output):
    """What a customer agreed to buy."""

    id = text("The order.", ORDER_ID)
    number = text("Its name for people.", "4F7K-92QD")
    user_id = text("Whose it is.", "user_0123456789ABCDEFGHIJKL")
    status = word("Where it stands: poll until it isn't `pending` or `processing`.", OrderStatus)
    items = fields.List(fields.Nested(OrderItem), required=True)
    total_amount = minor_units("What it costs, in minor units; it never changes.")
    currency = currency_code()
    payments = fields.List(
        fields.Nested(Payment), required=True,
        metadata={"description": "Every attempt to pay it, the first one first."},
    )  # fmt: skip
    created_at = moment("When it was placed.")
    updated_at = moment("When something last happened to it or to its payments.")
    paid_at = moment("When it was paid, by Stripe's clock.", is_known=False)


class CartItem(Output):
    """One product × quantity in the cart, at today's price."""

    product_id = text("The product.", PROD_ID)
    product_name = text("Its name.", "Paper shears")
    product_price = minor_units("What one costs today, in minor units.")
    quantity = how_many()
    subtotal = minor_units("`product_price` × `quantity`.")
    notice = text(
        "What changed since you put it there; putting it again accepts that.",
        "Only 2 of Paper shears are left; you wanted 3.",
        allow_none=True,
    )


class Cart(Output):
    """What you mean to buy."""

    items = fields.List(fields.Nested(CartItem), required=True)
    total_amount = minor_units("The sum, in minor units.")
    currency = currency_code()
    order_id = text(
        "The order that was placed of it and waits to be paid. Changing the cart cancels it.",
        ORDER_ID,
        allow_none=True,
    )


class Product(Output):
    """Something for sale."""

    id = text("The product.", PROD_ID)
    slug = text("Its name in the shop's addresses.", "paper-shears")
    name = text("Its name.", "Paper shears")
    description = text("What it is.", "They cut straight, and stay sharp.")
    category = text("Where it stands in the catalogue.", "Tools")
    image_url = text("A picture.", "https://shop.example/static/p.webp", format="uri")
    unit_amount = minor_units("What one costs, in minor units.")
    currency = currency_code()
    stock = fields.Integer(
        required=True, metadata={"description": "How many are left.", "minimum": 0, "example": 12}
    )


HAS_MORE = {"description": "Whether there is another page: ask with `starting_after`."}


class OrderPage(Output):
    """Orders, newest first."""

    data = fields.List(fields.Nested(Order), required=True)
    has_more = fields.Boolean(required=True, metadata=HAS_MORE)


class PaymentPage(Output):
    """Payments, newest first."""

    data = fields.List(fields.Nested(Payment), required=True)
    has_more = fields.Boolean(required=True, metadata=HAS_MORE)


class ProductList(Output):
    """All that is for sale, in the shopkeeper's order."""

    data = fields.List(fields.Nested(Product), required=True)
    has_more = fields.Boolean(required=True, metadata=HAS_MORE)


class ErrorBody(Output):
    """What went wrong."""

    code = word("For your program to branch on.", ErrorCode)
    message = text("For you to read: what is wrong and what to do.", "The cart is empty.")
    details = fields.Dict(
        required=True, metadata={"description": "What the code needs to say more."}
    )


class Error(Output):
    """The one shape of every error."""

    error = fields.Nested(ErrorBody, required=True)
    request_id = text("Quote it when you ask about this; also in `X-Request-ID`.", "req_0123456789")
    timestamp = moment("When it happened.")
