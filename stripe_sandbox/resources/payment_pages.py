"""Payment pages: how the Stripe CLI pays a Checkout Session without a browser.

Stripe documents neither the routes nor their object; these show the session instead.
"""

from stripe_sandbox.protocol.errors import required
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources import checkout_sessions

endpoints = Endpoints()


@endpoints("GET /v1/payment_pages/{}")
def retrieve(call: Call, session_id: str) -> Json:
    """Return the session that the page is for."""
    return checkout_sessions.get(call.sandbox, session_id)


@endpoints("POST /v1/payment_pages/{}/confirm")
def confirm(call: Call, session_id: str) -> Json:
    """Pay the session as its page would; raise 400 when its total is not `expected_amount`."""
    params = call.params
    if "payment_method" not in params:
        raise required("payment_method")
    return checkout_sessions.pay(
        call.sandbox,
        session_id,
        payment_method=params["payment_method"],
        expected_amount=params.get("expected_amount"),
    )
