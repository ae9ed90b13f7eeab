"""Checkout Sessions: their routes, and the functions behind the page that Stripe hosts.

- `get(sandbox, session_id)` returns the session, expired if its time is over; 404 otherwise.
- `items(sandbox, session_id)` returns its line items; `last_error` the decline to show, if any.
- `pay(sandbox, session_id, *, payment_method=None, payment_method_data=None, …)` pays it.
- `submit(…)` does so for the page; see `Submission`.
- `expire_due(sandbox)` expires every session whose time is over.
"""

from dataclasses import dataclass
from typing import Literal

from stripe_sandbox.protocol.errors import StripeError, invalid
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import payment_intents, session_items
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.intent_fields import updated_fields as updated_intent_fields
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.session_fields import TAKEN, created_fields, updated_fields
from stripe_sandbox.resources.session_items import item_page, items
from stripe_sandbox.resources.session_outcomes import KIND, back_to_shop, complete
from stripe_sandbox.resources.settlements import settle_due
from stripe_sandbox.sandbox import Sandbox

__all__ = ["Submission", "back_to_shop", "endpoints", "expire_due", "get", "items", "last_error"]
__all__ += ["pay", "submit"]

endpoints = Endpoints()

_FILTERS = ("customer", "payment_intent", "payment_link", "status", "subscription")


@dataclass(frozen=True, slots=True)
class Submission:
    """What the hosted page does next.

    `complete`: go to `url`, the shop. `authenticate`: go to `url`, the page of the shopper's bank,
    which leads on. `declined`: show `error`, Stripe's error object, and let the shopper try again.
    `closed`: the session was paid or has expired; show that.
    """

    outcome: Literal["complete", "authenticate", "declined", "closed"]
    url: str | None = None
    error: Json | None = None


def get(sandbox: Sandbox, session_id: str) -> Json:
    """Return a session, expiring it first when its time is over. Raises the 404."""
    with sandbox.lock:
        session = sandbox.get(KIND, session_id, param="session")
        return _expired(sandbox, session) if _is_due(sandbox, session) else session


def last_error(sandbox: Sandbox, session_id: str) -> Json | None:
    """Return Stripe's error object of the last attempt, when it failed; the page shows it."""
    session = sandbox.find(KIND, session_id)
    intent = sandbox.find("payment_intent", session["payment_intent"]) if session else None
    return intent["last_payment_error"] if intent else None


def pay(
    sandbox: Sandbox,
    session_id: str,
    *,
    payment_method: str | None = None,
    payment_method_data: Json | None = None,
    email: str | None = None,
    expected_amount: int | None = None,
) -> Json:
    """Pay an open session: the intent appears at the first attempt and serves every later one.

    Returns the session, which is complete unless the shopper has to approve first: then the
    `next_action` of its intent says where. Raises the 402 of a decline, 400 for a session that was
    paid or has expired, and for an amount that the shopper did not expect.
    """
    with sandbox.lock:
        session = get(sandbox, session_id)
        _check_open(session, "paid")
        if expected_amount not in {None, session["amount_total"]}:
            raise invalid(
                f"The session's total is {session['amount_total']}, not {expected_amount}.",
                "expected_amount",
            )
        if email:
            sandbox.note(session_id, email=email)
        if not session["amount_total"]:
            return complete(sandbox, session, None)
        payment_intents.confirm(
            sandbox,
            _intent(sandbox, session)["id"],
            payment_method=payment_method,
            payment_method_data=payment_method_data,
            return_url=session["url"],
        )
        return sandbox.get(KIND, session_id)


def submit(
    sandbox: Sandbox, session_id: str, *, payment_method_data: Json | None, email: str
) -> Submission:
    """Pay a session for the hosted page; never raises what the page can show."""
    with sandbox.lock:
        session = get(sandbox, session_id)
        if session["status"] != "open":
            return Submission("closed", url=back_to_shop(session))
        try:
            session = pay(sandbox, session_id, payment_method_data=payment_method_data, email=email)
        except StripeError as error:
            return Submission("declined", error=error.fields)
        if session["status"] == "complete":
            return Submission("complete", url=back_to_shop(session))
        intent = sandbox.get("payment_intent", session["payment_intent"])
        return Submission("authenticate", url=intent["next_action"]["redirect_to_url"]["url"])


def expire_due(sandbox: Sandbox) -> list[Json]:
    """Expire every open session whose time is over; return them."""
    with sandbox.lock, sandbox.uncaused():
        rows = list(sandbox.state.tables.get(KIND, {}).values())
        return [_expired(sandbox, row) for row in rows if _is_due(sandbox, row)]


@endpoints("POST /v1/checkout/sessions", takes=TAKEN)
def create(call: Call) -> Json:
    """Open a session; no PaymentIntent exists before the shopper submits."""
    sandbox, params = call.sandbox, call.params
    session_id = sandbox.new_id("cs_test_", 58)
    rows = session_items.line_items(sandbox, params)
    total = sum(row["amount_total"] for row in rows)
    currency = rows[0]["currency"]
    session = sandbox.put(
        {
            "id": session_id,
            "object": KIND,
            **blank(KIND),
            **created_fields(sandbox, params, total=total, currency=currency),
            "created": sandbox.now(),
            "url": f"{sandbox.public_url}/c/pay/{session_id}",
        }
    )
    sandbox.note(session_id, line_items=rows, intent=params.get("payment_intent_data") or {})
    return session


@endpoints("GET /v1/checkout/sessions/{}")
def retrieve(call: Call, session_id: str) -> Json:
    """Return one session."""
    settle_due(call.sandbox)
    return get(call.sandbox, session_id)


@endpoints(
    "POST /v1/checkout/sessions/{}", takes="collected_information metadata payment_intent_data"
)
def update(call: Call, session_id: str) -> Json:
    """Change a session's metadata; what concerns the payment, only while it is open."""
    sandbox, params = call.sandbox, call.params
    session = get(sandbox, session_id)
    if set(params) - {"metadata"}:
        _check_open(session, "updated")
    fields = updated_fields(session, params)
    if given := params.get("payment_intent_data"):
        _update_intent(sandbox, session, given)
    return sandbox.change(session, **fields)


@endpoints("GET /v1/checkout/sessions", takes=f"{' '.join(_FILTERS)} customer_details")
def list_all(call: Call) -> Json:
    """Return sessions, filtered by status, payment intent or customer's e-mail address."""
    expire_due(call.sandbox)
    settle_due(call.sandbox)
    email = (call.params.get("customer_details") or {}).get("email")

    def matches(row: Json) -> bool:
        return email in {None, (row["customer_details"] or {}).get("email")}

    return listed(
        call.sandbox,
        KIND,
        call.params,
        "/v1/checkout/sessions",
        filters=_FILTERS,
        matches=matches,
    )


@endpoints("GET /v1/checkout/sessions/{}/line_items", takes="")
def list_line_items(call: Call, session_id: str) -> Json:
    """Return the line items of a session."""
    session = get(call.sandbox, session_id)
    return item_page(call.sandbox, session, call.params)


@endpoints("POST /v1/checkout/sessions/{}/expire", takes="")
def expire(call: Call, session_id: str) -> Json:
    """Close an open session: nobody can pay it any more."""
    session = get(call.sandbox, session_id)
    _check_open(session, "expired")
    return _expired(call.sandbox, session)


def _intent(sandbox: Sandbox, session: Json) -> Json:
    if session["payment_intent"]:
        return sandbox.get("payment_intent", session["payment_intent"])
    given = sandbox.note(session["id"])["intent"]
    params = {
        **given,
        "amount": session["amount_total"],
        "currency": session["currency"],
        "customer": session["customer"],
        "payment_method_options": session["payment_method_options"],
        "payment_method_types": session["payment_method_types"],
    }
    intent = payment_intents.make(sandbox, params)
    sandbox.note(intent["id"], belongs_to=KIND, session=session["id"])
    sandbox.change(session, payment_intent=intent["id"])
    return intent


def _update_intent(sandbox: Sandbox, session: Json, given: Json) -> None:
    """Change what the intent will be made with, and the intent, if an attempt has made one."""
    kept = sandbox.note(session["id"])["intent"]
    metadata = merged(kept.get("metadata") or {}, given.get("metadata", {}))
    sandbox.note(session["id"], intent={**kept, **given, "metadata": metadata})
    if session["payment_intent"]:
        intent = sandbox.get("payment_intent", session["payment_intent"])
        sandbox.change(intent, **updated_intent_fields(intent, given))


def _expired(sandbox: Sandbox, session: Json) -> Json:
    intent = sandbox.find("payment_intent", session["payment_intent"])
    if intent and intent["status"] in payment_intents.CONFIRMABLE:
        payment_intents.cancel(sandbox, intent["id"], reason="automatic")
    session = sandbox.change(session, status="expired", url=None)
    emit(sandbox, "checkout.session.expired", session)
    return session


def _is_due(sandbox: Sandbox, session: Json) -> bool:
    return bool(session["status"] == "open" and session["expires_at"] <= sandbox.now())


def _check_open(session: Json, verb: str) -> None:
    if session["status"] != "open":
        raise StripeError(
            f'Only Checkout Sessions with a status in ["open"] can be {verb}. This Checkout '
            f"Session has a status of `{session['status']}`.",
        )
