"""Checkout Sessions: their routes, and the functions behind the page that Stripe hosts.

- `get(sandbox, session_id)` returns the session, expired if its time is over; 404 otherwise.
- `items(sandbox, session_id)` returns its line items; `last_error` the decline to show, if any.
- `submit(sandbox, session_id, *, payment_method_data, email)` pays it; see `Submission`.
- `expire_due(sandbox)` expires every session whose time is over.
"""

from dataclasses import dataclass
from typing import Any, Literal

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.expansion import lists_within
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import attempts, payment_intents
from stripe_sandbox.resources.events import emit
from stripe_sandbox.resources.session_fields import created_fields, line_items
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.storage import Storage

endpoints = Endpoints()

_KIND = "checkout.session"
_FILTERS = ("customer", "payment_intent", "payment_link", "status", "subscription")


@dataclass(frozen=True, slots=True)
class Submission:
    """What the hosted page does next.

    `complete`: go to `url`, the shop. `authenticate`: go to `url`, the 3-D Secure page, which leads
    on. `declined`: show `error`, Stripe's error object, and let the shopper try again. `closed`:
    the session was paid or has expired; show that.
    """

    outcome: Literal["complete", "authenticate", "declined", "closed"]
    url: str | None = None
    error: Json | None = None


def get(sandbox: Sandbox, session_id: str) -> Json:
    """Return a session, expiring it first when its time is over. Raises the 404."""
    with sandbox.lock:
        session = sandbox.get(_KIND, session_id, param="session")
        return _expired(sandbox, session) if _is_due(sandbox, session) else session


def items(sandbox: Storage, session_id: str) -> list[Json]:
    """Return the line items of a session, in the order in which they were given."""
    found: list[Json] = sandbox.note(session_id).get("line_items", [])
    return found


def last_error(sandbox: Sandbox, session_id: str) -> Json | None:
    """Return Stripe's error object of the last attempt, when it failed; the page shows it."""
    session = sandbox.find(_KIND, session_id)
    intent = sandbox.find("payment_intent", session["payment_intent"]) if session else None
    return intent["last_payment_error"] if intent else None


def submit(
    sandbox: Sandbox, session_id: str, *, payment_method_data: Json, email: str
) -> Submission:
    """Pay an open session: the intent appears at the first submit and serves every later one."""
    with sandbox.lock:
        session = get(sandbox, session_id)
        if session["status"] != "open":
            return Submission("closed", url=back_to_shop(session))
        try:
            intent = _intent(sandbox, session)
            sandbox.note(session_id, email=email)
            intent = payment_intents.confirm(
                sandbox,
                intent["id"],
                payment_method_data=payment_method_data,
                return_url=session["url"],
            )
        except StripeError as error:
            return Submission("declined", error=error.fields)
        if intent["status"] == "requires_action":
            return Submission("authenticate", url=intent["next_action"]["redirect_to_url"]["url"])
        return Submission("complete", url=back_to_shop(session))


def expire_due(sandbox: Sandbox) -> list[Json]:
    """Expire every open session whose time is over; return them."""
    with sandbox.lock:
        rows = list(sandbox.state.tables.get(_KIND, {}).values())
        return [_expired(sandbox, row) for row in rows if _is_due(sandbox, row)]


def back_to_shop(session: Json) -> str:
    """Return the success_url with the session's id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


@endpoints("POST /v1/checkout/sessions")
def create(call: Call) -> Json:
    """Open a session; no PaymentIntent exists before the shopper submits."""
    sandbox, params = call.sandbox, call.params
    session_id = sandbox.new_id("cs_test_", 58)
    fields = created_fields(params, now=sandbox.now())
    rows = line_items(sandbox, params)
    total = sum(row["amount_total"] for row in rows)
    session = sandbox.put(
        {
            "id": session_id,
            "object": _KIND,
            **blank(_KIND),
            **fields,
            "amount_subtotal": total,
            "amount_total": total,
            "created": sandbox.now(),
            "url": f"{sandbox.public_url}/c/pay/{session_id}",
        }
    )
    sandbox.note(session_id, line_items=rows, intent=params.get("payment_intent_data") or {})
    return session


@endpoints("GET /v1/checkout/sessions/{}")
def retrieve(call: Call, session_id: str) -> Json:
    """Return one session."""
    return get(call.sandbox, session_id)


@endpoints("GET /v1/checkout/sessions")
def list_all(call: Call) -> Json:
    """Return sessions, filtered by status, payment intent or customer's e-mail address."""
    expire_due(call.sandbox)
    wanted = {name: call.params[name] for name in _FILTERS if name in call.params}
    email = (call.params.get("customer_details") or {}).get("email")
    rows = (
        row
        for row in call.sandbox.newest_first(_KIND)
        if all(row[name] == value for name, value in wanted.items())
        and email in {None, (row["customer_details"] or {}).get("email")}
    )
    return page(rows, call.params, "/v1/checkout/sessions", kind=_KIND)


@endpoints("GET /v1/checkout/sessions/{}/line_items")
def list_line_items(call: Call, session_id: str) -> Json:
    """Return the line items of a session."""
    session = get(call.sandbox, session_id)
    return _item_page(call.sandbox, session, call.params)


@endpoints("POST /v1/checkout/sessions/{}/expire")
def expire(call: Call, session_id: str) -> Json:
    """Close an open session: nobody can pay it any more."""
    session = get(call.sandbox, session_id)
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of `{session['status']}`.",
        )
    return _expired(call.sandbox, session)


def _intent(sandbox: Sandbox, session: Json) -> Json:
    if session["payment_intent"]:
        return sandbox.get("payment_intent", session["payment_intent"])
    given = sandbox.note(session["id"])["intent"]
    params = {
        **given,
        "amount": session["amount_total"],
        "currency": session["currency"],
        "payment_method_types": session["payment_method_types"],
    }
    intent = payment_intents.make(sandbox, params)
    sandbox.note(intent["id"], belongs_to=_KIND, session=session["id"])
    sandbox.change(session, payment_intent=intent["id"])
    return intent


def _complete(sandbox: Sandbox, intent: Json) -> None:
    """Complete the session that an intent belongs to, if it belongs to one."""
    note = sandbox.note(intent["id"])
    if note.get("belongs_to") != _KIND:
        return
    session = sandbox.get(_KIND, note["session"])
    details = blank("checkout.session.customer_details", **_customer(sandbox, session, intent))
    session = sandbox.change(
        session,
        customer_details=details,
        payment_status="paid" if intent["status"] == "succeeded" else "unpaid",
        status="complete",
        url=None,
    )
    emit(sandbox, "checkout.session.completed", session)


def _customer(sandbox: Sandbox, session: Json, intent: Json) -> Json:
    method = sandbox.get("payment_method", intent["payment_method"])
    billing = method["billing_details"]
    return {
        "address": billing["address"],
        "email": sandbox.note(session["id"]).get("email") or session["customer_email"],
        "name": billing["name"],
        "phone": billing["phone"],
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _expired(sandbox: Sandbox, session: Json) -> Json:
    intent = sandbox.find("payment_intent", session["payment_intent"])
    if intent and intent["status"] in payment_intents.CONFIRMABLE:
        payment_intents.cancel(sandbox, intent["id"], reason="automatic")
    session = sandbox.change(session, status="expired", url=None)
    emit(sandbox, "checkout.session.expired", session)
    return session


def _is_due(sandbox: Sandbox, session: Json) -> bool:
    return bool(session["status"] == "open" and session["expires_at"] <= sandbox.now())


def _continued(sandbox: Sandbox, intent: Json) -> str:
    """Return where 3-D Secure leads: to the shop when paid, else back to the hosted page."""
    session = sandbox.get(_KIND, sandbox.note(intent["id"])["session"])
    return back_to_shop(session) if session["status"] == "complete" else str(session["url"])


def _item_page(storage: Storage, session: Json, params: Json) -> Json:
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return page(items(storage, session["id"]), params, url, kind="item")


def _line_items(storage: Storage, session: Json) -> Any:
    return _item_page(storage, session, {})


attempts.after_success.append(_complete)
payment_intents.continuations[_KIND] = _continued
lists_within[_KIND, "line_items"] = _line_items
