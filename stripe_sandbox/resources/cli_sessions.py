"""Sessions of the Stripe CLI, and the WebSocket over which `stripe listen` hears of events."""

import hashlib
from contextlib import suppress

from flask import Blueprint, Response, current_app, json, request

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.sandbox import API_VERSION, Sandbox

endpoints = Endpoints()
websocket = Blueprint("stripecli", __name__)

_RECONNECT_AFTER = 24 * 3600
_PINGS_WITHIN = 10.0
_LARGEST_MESSAGE = 1024 * 1024
_PROTOCOL = "stripecli-devproxy-v1"


@endpoints("POST /v1/stripecli/sessions")
def create(call: Call) -> Json:
    """Let a CLI listen. Its signing secret depends on the machine's name only, so that it stays."""
    if others := set(call.params["websocket_features"]) - {"webhooks"}:
        raise StripeError(
            f"The sandbox has snapshot events for the Stripe CLI, not {', '.join(sorted(others))}. "
            "Its control panel at /_sandbox/ shows the requests.",
            kind="api_error",
            status=501,
        )
    name = call.params.get("device_name", "")
    secret = f"whsec_{hashlib.sha256(f'stripe listen on {name}'.encode()).hexdigest()}"
    url = call.params.get("forward_to_url") or "stripe listen"
    session = call.sandbox.listeners.open(url, secret)
    return {
        "default_version": API_VERSION,
        "device_token": session["id"],
        "display_connect_filter_warning": False,
        "latest_version": API_VERSION,
        "reconnect_delay": _RECONNECT_AFTER,
        "secret": secret,
        "websocket_authorized_feature": "webhooks",
        "websocket_id": session["id"],
        "websocket_url": f"ws://{request.host}/v1/stripecli/websocket",
    }


@websocket.route("/v1/stripecli/websocket", websocket=True)
def listen() -> Response:
    """Serve a CLI until it goes away. A browser can't come here: it can't send the header."""
    from simple_websocket import (  # noqa: PLC0415 - it takes its time, and few programs listen
        ConnectionClosed,
        Server,
    )

    sandbox: Sandbox = current_app.extensions["stripe_sandbox"]
    listener = sandbox.listeners.get(request.headers.get("Websocket-Id", ""))
    if listener is None:
        # The CLI knows this sentence, and asks for a new session.
        error = {"message": "Unknown WebSocket ID.", "type": "invalid_request_error"}
        return Response(json.dumps({"error": error}), 400, content_type="application/json")
    request.environ["werkzeug.socket"].settimeout(_PINGS_WITHIN)
    with suppress(ConnectionClosed, ConnectionError, KeyError, TypeError, ValueError):
        socket = Server.accept(
            request.environ, subprotocols=[_PROTOCOL], max_message_size=_LARGEST_MESSAGE
        )
        listener.serve(socket, sandbox.deliveries.answered)
    return Response(status=101)
