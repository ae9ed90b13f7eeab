"""Stripe as this shop sees it: the only module that imports the SDK.

Every call returns our types, passes its idempotency key by name, and fails in one of three ways:
`Declined`, `GatewayUnavailable` or `GatewayMisuse`. No call is made while a transaction is open.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, cast

import stripe
from flask import current_app
from requests.adapters import BaseAdapter

from storefront.breaker import Breaker
from storefront.config import CONNECT_SECONDS, READ_SECONDS, RETRIES, TIME_BUDGET, Settings
from storefront.db import is_in_transaction
from storefront.exchanges import Exchange, ObservedSession
from storefront.gateway_errors import (
    Declined,
    GatewayBusy,
    GatewayError,
    GatewayMisuse,
    GatewayUnavailable,
    InvalidSignature,
    KeySpent,
)
from storefront.gateway_lists import Answer, Lists, date_of, snapshot_of
from storefront.lifecycle import Flow
from storefront.params import AttemptToMake, checkout_session_params, payment_intent_params
from storefront.reports import RefundReport, read_refund

__all__ = ["Answer", "Gateway", "gateway"]

log = logging.getLogger(__name__)

SIGNATURE_TOLERANCE = 300
STRIPE_ID = re.compile(r"(pi|cs_test|cs_live|re)_\w{1,250}", re.ASCII)
# A shopper waits no longer, and a thread has other things to do.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 2

stripe.enable_telemetry = False


def gateway() -> Gateway:
    """Return the gateway of the running application."""
    return cast("Gateway", current_app.extensions["gateway"])


class Gateway(Lists):
    """One account at Stripe, or at the sandbox: they differ in addresses and keys alone.

    `transport` is how requests travel to the API; left out, they go over the network. `monotonic`
    measures for how long Stripe has been away.
    """

    def __init__(
        self,
        settings: Settings,
        transport: BaseAdapter | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._monotonic = monotonic
        self._breaker = Breaker(monotonic, threads=settings.threads)
        self._per_thread = threading.local()

    def create_payment_intent(self, attempt: AttemptToMake) -> Answer:
        """Create the attempt's PaymentIntent; the same one for every retry."""
        params = payment_intent_params(attempt, self._settings)
        return self._create(self._client.v1.payment_intents.create, attempt, params)

    def create_checkout_session(self, attempt: AttemptToMake) -> Answer:
        """Create the attempt's Checkout Session; the same one for every retry."""
        params = checkout_session_params(attempt, self._settings)
        return self._create(self._client.v1.checkout.sessions.create, attempt, params)

    def retrieve(self, flow: Flow, stripe_id: str) -> Answer:
        """Read the attempt's object as it is now; a PaymentIntent comes with its client_secret."""
        _refuse_strange_id(stripe_id)
        if flow == Flow.PAYMENT_INTENT:
            return self._ask(self._client.v1.payment_intents.retrieve, stripe_id)
        return self._ask(
            self._client.v1.checkout.sessions.retrieve, stripe_id, {"expand": ["payment_intent"]}
        )

    def retire(self, flow: Flow, stripe_id: str) -> Answer:
        """Cancel the PaymentIntent or expire the Checkout Session, so that it can't be paid.

        Raises GatewayMisuse when it can't be stopped any more: read it again to learn why.
        """
        _refuse_strange_id(stripe_id)
        if flow == Flow.PAYMENT_INTENT:
            return self._ask(self._client.v1.payment_intents.cancel, stripe_id)
        return self._ask(self._client.v1.checkout.sessions.expire, stripe_id)

    def refund(
        self,
        payment_intent_id: str,
        amount: int,
        *,
        metadata: dict[str, str],
        idempotency_key: str,
    ) -> RefundReport:
        """Give `amount` back; once, however often it is asked with the same key."""
        _refuse_strange_id(payment_intent_id)
        with self._calling("refunds.create"):
            found = self._client.v1.refunds.create(
                {"payment_intent": payment_intent_id, "amount": amount, "metadata": metadata},
                {"idempotency_key": idempotency_key},
            )
        return _refund_of(found)

    def refunds_of(self, payment_intent_id: str) -> list[RefundReport]:
        """Return every refund of a payment that Stripe has, whoever made it."""
        _refuse_strange_id(payment_intent_id)
        with self._calling("refunds.list"):
            page = self._client.v1.refunds.list({"payment_intent": payment_intent_id, "limit": 100})
            return [_refund_of(found) for found in page.auto_paging_iter()]

    @contextmanager
    def overheard(self) -> Iterator[list[Exchange]]:
        """Collect what this thread says to Stripe in the block, retries and failures included."""
        heard: list[Exchange] = []
        before = getattr(self._per_thread, "heard", None)
        self._per_thread.heard = heard
        try:
            yield heard
        finally:
            self._per_thread.heard = before

    def verify(self, body: bytes, signature: str, *, now: float) -> None:
        """Check that Stripe signed exactly these bytes, within 300 s of now in both directions.

        Any of the configured secrets will do, so that they can be rotated. Raises InvalidSignature.
        The rule: https://docs.stripe.com/webhooks#verify-manually.
        """
        signed_at = re.search(r"(?:^|,)t=(\d{1,12})(?:,|$)", signature)
        if signed_at is None or not signature.isascii():
            raise InvalidSignature("The Stripe-Signature header is malformed.")
        if abs(now - int(signed_at[1])) > SIGNATURE_TOLERANCE:
            raise InvalidSignature("The signature's timestamp is too far from our clock.")
        if not any(
            self._is_signed(body, signature, each) for each in self._settings.webhook_secrets
        ):
            raise InvalidSignature("No signature matches a configured webhook secret.")

    @staticmethod
    def _is_signed(body: bytes, signature: str, secret: str) -> bool:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, tolerance=None)
        except (stripe.SignatureVerificationError, ValueError):
            return False
        return True

    def _create(self, call: Callable[..., Any], attempt: AttemptToMake, params: object) -> Answer:
        with self._calling(call.__qualname__):
            found = call(params, {"idempotency_key": f"{attempt.payment_id}:create"})
        return Answer(snapshot_of(found), found.created, is_creation=True)

    def _ask(self, call: Callable[..., Any], *arguments: Any) -> Answer:
        with self._calling(call.__qualname__):
            found = call(*arguments)
        return Answer(snapshot_of(found), date_of(found))

    @contextmanager
    def _calling(self, name: str) -> Iterator[None]:
        if is_in_transaction():
            raise RuntimeError("Stripe may not be called while a database transaction is open.")
        with self._breaker.passage(), self._logged(name):
            yield

    @contextmanager
    def _logged(self, name: str) -> Iterator[None]:
        began, outcome = time.perf_counter(), "ok"
        self._per_thread.request_id = None
        try:
            yield
        except stripe.StripeError as error:
            outcome = error.code or type(error).__name__
            raise _as_ours(error) from error
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            log.info(
                "call=%s outcome=%s stripe_request=%s ms=%d",
                name, outcome, self._per_thread.request_id, (time.perf_counter() - began) * 1000,
            )  # fmt: skip

    def _note(self, exchange: Exchange) -> None:
        """Remember the exchange for whoever listens, and what Stripe calls it for the log."""
        self._per_thread.request_id = exchange.request_id or self._per_thread.request_id
        heard = getattr(self._per_thread, "heard", None)
        if heard is not None:
            heard.append(exchange)

    @property
    def _client(self) -> stripe.StripeClient:
        """One client and one connection per thread."""
        if not hasattr(self._per_thread, "client"):
            self._per_thread.client = self._new_client()
        return cast("stripe.StripeClient", self._per_thread.client)

    def _new_client(self) -> stripe.StripeClient:
        session = ObservedSession(self._note)
        session.max_redirects = 0
        session.trust_env = self._settings.sandbox_url is None
        if self._transport is not None:
            session.mount(self._settings.stripe_api_base, self._transport)
        return stripe.StripeClient(
            self._settings.stripe_secret_key,
            base_addresses={"api": self._settings.stripe_api_base},
            max_network_retries=RETRIES,
            http_client=_PatientClient(self._monotonic, session),
        )


class _PatientClient(stripe.RequestsClient):
    """Waits once when Stripe says that it is asked too often; the SDK itself never does.

    As long as Stripe wishes, if the second answer can still come within the TIME_BUDGET.
    """

    def __init__(self, monotonic: Callable[[], float], session: ObservedSession) -> None:
        super().__init__(timeout=(CONNECT_SECONDS, READ_SECONDS), session=session)
        self._monotonic = monotonic

    def request_with_retries(self, *request: Any, **options: Any) -> Any:
        """Make one request, and again where that may help."""
        latest = self._monotonic() + TIME_BUDGET - CONNECT_SECONDS - READ_SECONDS
        _, status, headers = answer = super().request_with_retries(*request, **options)
        wait = _wished_pause(status, headers)
        if wait is None or wait > LONGEST_PAUSE or self._monotonic() + wait > latest:
            return answer
        time.sleep(wait)
        return super().request_with_retries(*request, **{**options, "max_network_retries": 0})


def _wished_pause(status: int, headers: Mapping[str, str]) -> float | None:
    """Return how long to wait before asking again; None where the SDK knows, or nobody does."""
    if status != HTTPStatus.TOO_MANY_REQUESTS or "Stripe-Should-Retry" in headers:
        return None
    return _retry_after(headers) or SHORTEST_PAUSE


def _retry_after(headers: Mapping[str, str]) -> int | None:
    told = headers.get("Retry-After", "")
    return int(told) if told.isdecimal() else None


def _refund_of(found: stripe.StripeObject) -> RefundReport:
    report = read_refund(found.to_dict(for_json=True))
    if report is None:
        raise GatewayMisuse("Stripe answered with another kind of object.")
    return report


def _as_ours(error: stripe.StripeError) -> GatewayError:
    """Sort the SDK's errors by what the caller can do about them."""
    message = error.user_message or "The payment provider refused."
    if isinstance(error, stripe.CardError):
        return Declined(message, code=error.code)
    was_replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
    if isinstance(error, stripe.IdempotencyError) or was_replayed:
        return KeySpent(message, code=error.code)
    is_unknown = isinstance(error, (stripe.APIConnectionError, stripe.RateLimitError))
    if error.http_status == HTTPStatus.CONFLICT:
        return GatewayBusy(message, code=error.code)
    if is_unknown or type(error) is stripe.APIError:
        wait = _retry_after(error.headers or {})
        return GatewayUnavailable(message, code=error.code, retry_after=wait)
    misuse = GatewayMisuse(message, code=error.code)
    misuse.is_refusal = type(error) is stripe.InvalidRequestError
    return misuse


def _refuse_strange_id(stripe_id: str) -> None:
    """Raise GatewayMisuse: the SDK would put any text into the path, and `..` reads another."""
    if not STRIPE_ID.fullmatch(stripe_id):
        raise GatewayMisuse(f"{json.dumps(stripe_id)} isn't the id of a Stripe object.")
