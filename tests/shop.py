"""A shop and a sandbox in one process: the real SDK between them, time and deliveries by hand.

Events wait in the sandbox until `deliver()`; nothing happens by itself. `sign_and_post` plays a
Stripe that sends what it likes.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Executable, select
from werkzeug.test import TestResponse

from storefront import create_app, errands
from storefront.config import Settings, read_settings
from storefront.db import Base, db, reading, writing
from storefront.models import Order, Payment, Product, Transition
from stripe_sandbox.app import create_sandbox, sandbox_of
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.resources import checkout_sessions, payment_intents, settlements
from stripe_sandbox.resources.webhook_endpoints import register, secret_of
from stripe_sandbox.sandbox import Sandbox
from tests.wsgi_transport import WsgiAdapter

ADDRESS = "http://127.0.0.1:8000"
WEBHOOK = "/v1/webhooks/stripe"
START = 1_800_000_000.0
DEBIT_SUCCEEDS, DEBIT_FAILS = "AT611904300234573201", "IT60X0542811101000000123456"
VISA, DECLINED, CHALLENGED = "4242424242424242", "4000000000000002", "4000002760003184"
M = TypeVar("M", bound=Base)
CSRF_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Shop:
    """Both programs, one clock (`now`), and everything a test wants to see."""

    def __init__(self, database_url: str, **settings: Any) -> None:
        """Build both; `settings` replace those of the demo."""
        self.now = START
        self.sandbox_app: Flask = create_sandbox(clock=self.clock, seed=7, send=self._send)
        self.sandbox: Sandbox = sandbox_of(self.sandbox_app)
        self.transport = WsgiAdapter(self.sandbox_app)
        register(self.sandbox, f"{ADDRESS}{WEBHOOK}", ["*"])
        self.secret = secret_of(self.sandbox, f"{ADDRESS}{WEBHOOK}") or ""
        self.settings = replace(demo_settings(database_url, self.secret), **settings)
        self.app = create_app(
            self.settings, transport=self.transport, clock=self.clock, monotonic=self.clock
        )
        self.app.test_client_class = Client
        self.answers: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        """Do nothing yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close the connections, so that the database can be dropped."""
        with self.app.app_context():
            db.engine.dispose()

    def clock(self) -> float:
        """Return the time, for both programs."""
        return self.now

    def visitor(self) -> Visitor:
        """Return somebody new with a browser."""
        return Visitor(self)

    def wait(self, seconds: float) -> None:
        """Let time pass for both programs, and what was to happen at Stripe in it."""
        self.now += seconds
        settlements.settle_due(self.sandbox)

    def deliver(self) -> list[str]:
        """Deliver what waits and what that brings about; returns the outcomes, in order."""
        self.answers.clear()
        self.sandbox.deliveries.drain()
        return [answer.get("outcome", "refused") for answer in self.answers]

    def events(self, type_: str = "") -> list[dict[str, Any]]:
        """Return the sandbox's events as they would be delivered, oldest first."""
        found = reversed(list(self.sandbox.newest_first("event")))
        return [json.loads(json.dumps(event)) for event in found if type_ in event["type"]]

    def sign_and_post(self, event: object, **changes: Any) -> TestResponse:
        """Deliver `event` signed like Stripe; `changes` go to `post`."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.post(body, **{"signature": self.signature(body), **changes})

    def signature(self, body: bytes, *, secret: str | None = None, at: float | None = None) -> str:
        """Return the Stripe-Signature header for `body`."""
        signed_at = int(self.now if at is None else at)
        return stripe.WebhookSignature.generate_signature_header(
            body.decode("utf-8", "replace"), secret or self.secret, signed_at
        )

    def post(self, body: bytes, *, signature: str | None = None) -> TestResponse:
        """POST `body` to the webhook."""
        headers = {} if signature is None else {"Stripe-Signature": signature}
        return self.app.test_client().post(WEBHOOK, data=body, headers=headers)

    def order(self, token: str) -> Order:
        """Read an order with its payments and line items."""
        return self.one(Order, Order.token == token)

    def payments(self, token: str) -> list[Payment]:
        """Read an order's payments, first attempt first."""
        return self.order(token).payments

    def one(self, model: type[M], *conditions: Any) -> M:
        """Read the one row that there is."""
        [found] = self.all(model, *conditions)
        return found

    def all(self, model: type[M], *conditions: Any) -> list[M]:
        """Read every row."""
        with self.app.app_context(), reading() as session:
            return list(session.scalars(select(model).where(*conditions)))

    def work(self) -> int:
        """Make the calls in the outbox that are due."""
        with self.app.app_context():
            return errands.run()

    def write(self, statement: Executable) -> None:
        """Change the database behind the shop's back, as a shopkeeper or a disaster would."""
        with self.app.app_context(), writing() as session:
            session.execute(statement)

    def stock(self, slug: str = "paper-shears") -> int:
        """Read how many are on the shelf."""
        return self.one(Product, Product.slug == slug).stock

    def pay(self, token: str, card: str = VISA, *, attempt: int = -1) -> None:
        """Pay at the sandbox as a browser would, wherever the order's attempt leads; or try to."""
        payment = self.payments(token)[attempt]
        self.pay_at_stripe(payment.checkout_session_id or payment.payment_intent_id or "", card)

    def pay_at_stripe(self, stripe_id: str, card: str = VISA) -> None:
        """Pay a PaymentIntent or a Checkout Session, whether the shop knows it or not."""
        method = method_data(card)
        if stripe_id.startswith("cs_"):
            checkout_sessions.submit(
                self.sandbox, stripe_id, payment_method_data=method, email="a@example.com"
            )
            return
        with suppress(StripeError):
            payment_intents.confirm(
                self.sandbox,
                stripe_id,
                payment_method_data=method,
                return_url=f"{ADDRESS}/return",
            )

    def at_stripe(self, kind: str) -> list[dict[str, Any]]:
        """Return the sandbox's objects of a kind, such as `payment_intent`, oldest first."""
        return list(self.sandbox.state.tables.get(kind, {}).values())

    def _send(self, _: str, headers: dict[str, str], body: bytes) -> int:
        response = self.post(body, signature=headers["Stripe-Signature"])
        self.answers.append(response.json or {})
        return response.status_code


class Client(FlaskClient):
    """A client that calls the shop by the address that it is served at."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send one request."""
        address = self.application.extensions["settings"].public_base_url
        return super().open(*args, **{"base_url": address, **kwargs})


class Visitor:
    """A browser without JavaScript: it follows links and sends the forms that it was given."""

    def __init__(self, shop: Shop) -> None:
        """Open an empty browser."""
        self.shop = shop
        self.client: FlaskClient = shop.app.test_client()

    def tab(self) -> Visitor:
        """Open another tab of this browser: it has the same cookies, and its own thread."""
        other = Visitor(self.shop)
        other.client._cookies = dict(self.client._cookies)
        return other

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send a form with a token from the shop's own pages."""
        return self.client.post(path, data={"csrf_token": self.csrf_token(), **fields})

    def csrf_token(self) -> str:
        """Read the token out of a form, as a browser would."""
        found = CSRF_TOKEN.search(self.get("/products/cedar-pencils").text)
        assert found
        return found[1]

    def add(self, slug: str = "paper-shears", quantity: int = 1) -> TestResponse:
        """Put a product into the cart."""
        page = self.get(f"/products/{slug}").text
        product = re.search(r'name="product_id" value="([^"]+)"', page)
        assert product
        return self.post("/cart/items", product_id=product[1], quantity=quantity)

    def checkout(self, flow: str = "payment_intent", email: str = "a@example.com") -> TestResponse:
        """Send the checkout's form."""
        return self.post("/checkout", flow=flow, email=email)

    def buy(self, flow: str = "payment_intent", slug: str = "paper-shears") -> str:
        """Fill the cart and start to pay; returns the order's token."""
        self.add(slug)
        self.checkout(flow)
        return self.orders()[-1].token

    def orders(self) -> list[Order]:
        """Read this visitor's orders, oldest first."""
        address = self.shop.settings.public_base_url
        with self.client.session_transaction(base_url=address) as session:
            owner = session.get("visitor")
        is_first = (Transition.before.is_(None), Transition.payment_id.is_(None))
        placed = {line.order_id: line.id for line in self.shop.all(Transition, *is_first)}
        return sorted(self.shop.all(Order, Order.owner == owner), key=lambda one: placed[one.id])


def method_data(number: str) -> dict[str, Any]:
    """Return a test card, or the account of an IBAN, as the API takes it."""
    person = {"email": "a@example.com", "name": "A. Shopper"}
    if number[0].isalpha():
        return {"type": "sepa_debit", "sepa_debit": {"iban": number}, "billing_details": person}
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return {"type": "card", "card": card, "billing_details": person}


def demo_settings(database_url: str, webhook_secret: str) -> Settings:
    """Return the settings of a shop in front of the sandbox."""
    return read_settings(
        {
            "SECRET_KEY": "a key for tests that is long enough",
            "DATABASE_URL": database_url,
            "STRIPE_SECRET_KEY": "sk_test_shop",
            "STRIPE_PUBLISHABLE_KEY": "pk_test_shop",
            "STRIPE_WEBHOOK_SECRET": webhook_secret,
            "STRIPE_SANDBOX_URL": "http://127.0.0.1:4242",
        }
    )
