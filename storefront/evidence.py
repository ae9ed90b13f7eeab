"""What Stripe's objects and events tell about a payment.

A PaymentIntent or Checkout Session looks the same inside an event and as the answer to a request,
so both are read here, into one `Snapshot`. Only fields that every API version of the last years
has are looked at. Pure: no database, no SDK, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storefront.fields import id_of, mapping, our_metadata, text, whole
from storefront.lifecycle import Evidence, Flow, Verdict

EVENT_ID = re.compile(r"evt_\w{1,200}", re.ASCII)
EVENT_TYPE = re.compile(r"[a-z0-9_.]{1,100}", re.ASCII)
# A client_secret as a field, in the query of an address, and by the look of it: pi_…_secret_….
SECRET_FIELD = re.compile(rb'("client_secret"\s*:\s*)"[^"]*"')
SECRET_IN_QUERY = re.compile(rb'(client_secret(?:=|%3[Dd]))[^&"\\#\s]+')
SECRET_ANYWHERE = re.compile(rb"_secret_[\w%-]+")


class MalformedEvent(Exception):
    """The body is signed but isn't an event that Stripe would send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """By which names an object of Stripe's says whose payment it is about.

    `payment_id`, `order_id` and `store_id` are our own metadata, given back.
    """

    payment_intent_id: str | None
    checkout_session_id: str | None = None
    payment_id: str | None
    order_id: str | None
    store_id: str | None
    flow: Flow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Named):
    """What Stripe says about one PaymentIntent or Checkout Session at one moment.

    `amount` is in minor units: what was received once it succeeded, what is asked for before.
    `amount_refunded` is known where the charge was asked for, too.
    """

    flow: Flow
    status: str
    payment_status: str | None
    amount: int
    currency: str
    is_live: bool
    failure_code: str | None = None
    failure_message: str | None = None
    intent_status: str | None = None
    checkout_url: str | None = None
    amount_refunded: int | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """One event that Stripe sent: its envelope, and the object inside, still as it came."""

    id: str
    type: str
    created: int
    api_version: str | None
    is_live: bool
    account: str | None
    object: Mapping[str, Any]


def read_event(document: object) -> Event:
    """Check an event's envelope; raises MalformedEvent."""
    if not isinstance(document, dict):
        raise MalformedEvent("An event is a JSON object.")
    id_, type_ = document.get("id"), document.get("type")
    if not (isinstance(id_, str) and EVENT_ID.fullmatch(id_)):
        raise MalformedEvent("The event has no id that begins with evt_.")
    if not (isinstance(type_, str) and EVENT_TYPE.fullmatch(type_)):
        raise MalformedEvent("The event has no type.")
    return Event(
        id=id_,
        type=type_,
        created=whole(document.get("created")),
        api_version=text(document.get("api_version")),
        is_live=document.get("livemode") is True,
        account=text(document.get("account")),
        object=mapping(mapping(document.get("data")).get("object")),
    )


def named_payment(event: Event) -> str | None:
    """Return the payment of ours that an event's object names, whatever kind of object it is.

    It proves nothing; it says with which payment the event is shown.
    """
    return text(mapping(event.object.get("metadata")).get("payment_id"))


def without_client_secrets(body: bytes) -> str:
    """Return an event's JSON fit to be stored: a client_secret lets its holder act on a payment."""
    body = SECRET_FIELD.sub(rb"\1null", body)
    body = SECRET_IN_QUERY.sub(rb"\1***", body)
    return SECRET_ANYWHERE.sub(b"_***", body).decode()


def read_snapshot(found: Mapping[str, Any]) -> Snapshot | None:
    """Read a PaymentIntent or Checkout Session; None for every other kind of object."""
    reader = SNAPSHOT_READERS.get(str(found.get("object")))
    return reader(found) if reader else None


def _read_payment_intent(found: Mapping[str, Any]) -> Snapshot:
    error = mapping(found.get("last_payment_error"))
    charge = mapping(found.get("latest_charge"))
    is_paid = found.get("status") == "succeeded"
    return Snapshot(
        flow=Flow.PAYMENT_INTENT,
        payment_intent_id=text(found.get("id")),
        status=str(found.get("status")),
        payment_status=None,
        amount=whole(found.get("amount_received" if is_paid else "amount")),
        failure_code=text(error.get("decline_code") or error.get("code")),
        failure_message=text(error.get("message")),
        client_secret=text(found.get("client_secret")),
        amount_refunded=whole(charge.get("amount_refunded")) if charge else None,
        **_common(found),
    )


def _read_checkout_session(found: Mapping[str, Any]) -> Snapshot:
    intent = found.get("payment_intent")
    expanded = mapping(intent)
    return Snapshot(
        flow=Flow.CHECKOUT_SESSION,
        payment_intent_id=id_of(intent),
        checkout_session_id=text(found.get("id")),
        status=str(found.get("status")),
        payment_status=text(found.get("payment_status")),
        amount=whole(found.get("amount_total")),
        intent_status=text(expanded.get("status")),
        checkout_url=text(found.get("url")),
        **_common(found),
    )


def _read_charge(found: Mapping[str, Any]) -> Snapshot | None:
    """Read a refunded charge: proof that money was captured. Refunds tell how much went back.

    None for an authorization that was released: no money of it ever came.
    """
    captured = whole(found.get("amount_captured"))
    if not captured:
        return None
    return Snapshot(
        flow=Flow.PAYMENT_INTENT,
        payment_intent_id=id_of(found.get("payment_intent")),
        status=str(found.get("status")),
        payment_status=None,
        amount=captured,
        **_common(found),
    )


SNAPSHOT_READERS: Mapping[str, Callable[[Mapping[str, Any]], Snapshot | None]] = {
    "payment_intent": _read_payment_intent,
    "checkout.session": _read_checkout_session,
    "charge": _read_charge,
}


def _common(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "currency": text(found.get("currency")) or "",
        "is_live": found.get("livemode") is True,
        **our_metadata(found, "payment_id", "order_id", "store_id"),
    }


SESSION_COMPLETED = "checkout.session.completed"
CHARGE_REFUNDED = "charge.refunded"
# https://docs.stripe.com/api/events/types. What isn't listed moves nothing and is `ignored`.
EVENT_VERDICTS: Mapping[str, Verdict] = {
    "payment_intent.payment_failed": Verdict.ATTEMPT_FAILED,
    "payment_intent.requires_action": Verdict.REQUIRES_ACTION,
    "payment_intent.processing": Verdict.PROCESSING,
    "payment_intent.canceled": Verdict.INTENT_CANCELED,
    "payment_intent.succeeded": Verdict.SUCCEEDED,
    "checkout.session.async_payment_succeeded": Verdict.SUCCEEDED,
    "checkout.session.async_payment_failed": Verdict.ASYNC_PAYMENT_FAILED,
    "checkout.session.expired": Verdict.SESSION_EXPIRED,
    CHARGE_REFUNDED: Verdict.SUCCEEDED,
}
MOVING_EVENTS = frozenset({*EVENT_VERDICTS, SESSION_COMPLETED})

INTENT_VERDICTS: Mapping[str, Verdict] = {
    "requires_action": Verdict.REQUIRES_ACTION,
    "processing": Verdict.PROCESSING,
    "requires_capture": Verdict.PROCESSING,
    "canceled": Verdict.INTENT_CANCELED,
    "succeeded": Verdict.SUCCEEDED,
}


def evidence_of_event(event: Event, snapshot: Snapshot) -> Evidence:
    """Say what an event of MOVING_EVENTS tells about its payment."""
    if event.type == SESSION_COMPLETED:
        verdict = Verdict.SESSION_UNPAID if _is_unpaid(snapshot) else Verdict.SUCCEEDED
    else:
        verdict = EVENT_VERDICTS[event.type]
    return Evidence(verdict, event.created, event.id)


def evidence_of_reread(snapshot: Snapshot, *, as_of: int) -> Evidence:
    """Say what an object tells that Stripe has just shown us, at `as_of` by Stripe's clock."""
    if snapshot.flow == Flow.PAYMENT_INTENT:
        verdict = _verdict_on_intent(snapshot)
    else:
        verdict = _verdict_on_session(snapshot)
    return Evidence(verdict, as_of, is_reread=True)


def _verdict_on_intent(snapshot: Snapshot) -> Verdict:
    fallback = Verdict.ATTEMPT_FAILED if snapshot.failure_message else Verdict.CREATED
    return INTENT_VERDICTS.get(snapshot.status, fallback)


def _verdict_on_session(snapshot: Snapshot) -> Verdict:
    if snapshot.status == "expired":
        return Verdict.SESSION_EXPIRED
    if snapshot.status != "complete":
        return Verdict.CREATED
    if not _is_unpaid(snapshot):
        return Verdict.SUCCEEDED
    has_failed = snapshot.intent_status in {"requires_payment_method", "canceled"}
    return Verdict.ASYNC_PAYMENT_FAILED if has_failed else Verdict.SESSION_UNPAID


def _is_unpaid(snapshot: Snapshot) -> bool:
    return snapshot.payment_status == "unpaid"
