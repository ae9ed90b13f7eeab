"""The Stripe CLIs that listen: `stripe listen` is sent every event over a WebSocket of its own.

A listener is a connection, not an object: a reset or a restored snapshot leaves it alone. It stands
beside the webhook endpoints, so that its deliveries are held, delayed and signed like theirs. The
CLI says at once that it took an event, and later what the URL answered that it forwards to, if any.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from typing import Protocol

from stripe_sandbox.protocol.shapes import Json

LISTENER = "stripecli.session"
_PATIENCE = 10.0
_CONNECTS_WITHIN = 60.0
_RESETS_WITHIN = 5.0
_RESETTING = "Resetting the connection"
_SOON = 0.05

Noted = Callable[[str, str, Json], bool]
"""(listener's id, event's id, status and body) → False when it is too early to note that down."""


class Socket(Protocol):
    """What is used of a `simple_websocket.Server`."""

    close_message: str | None

    def send(self, data: str) -> None:
        """Send a message; raise when the connection is gone."""

    def receive(self, timeout: float | None = None) -> str | bytes | None:
        """Return the next message, None when there is none in time; raise at the end."""


class Listeners:
    """Every CLI that has a session."""

    def __init__(self) -> None:
        self._known: dict[str, Listener] = {}

    def open(self, url: str, secret: str) -> Json:
        """Return a new session; it listens from the moment its WebSocket is connected."""
        self._known = {key: one for key, one in self._known.items() if one.is_expected()}
        listener = Listener(url, secret)
        self._known[listener.row["id"]] = listener
        return listener.row

    def get(self, listener_id: str) -> "Listener | None":
        """Return a session that may connect, also again: the CLI resets its connection at times."""
        listener = self._known.get(listener_id)
        return listener if listener and listener.is_expected() else None

    def find(self, listener_id: str) -> Json | None:
        """Return one that listens, in the shape of a webhook endpoint with its secret."""
        listener = self._known.get(listener_id)
        return listener.row if listener and listener.is_listening() else None

    def all(self) -> list[Json]:
        """Return every one that listens."""
        return [one.row for one in list(self._known.values()) if one.is_listening()]

    def send(self, listener_id: str, headers: dict[str, str], body: bytes) -> int:
        """Hand an event to a CLI; return 202 once it was taken. Raises when it isn't."""
        listener = self.get(listener_id)
        if listener is None:
            raise ConnectionError("This Stripe CLI has gone.")
        return listener.send(headers, body.decode())


class Listener:
    """One `stripe listen`."""

    def __init__(self, url: str, secret: str) -> None:
        self.row: Json = {
            "id": f"cliws_{secrets.token_hex(12)}",
            "object": LISTENER,
            "enabled_events": ["*"],
            "secret": secret,
            "status": "enabled",
            "url": url,
        }
        self._socket: Socket | None = None
        self._was_connected = False
        self._expected_until = time.monotonic() + _CONNECTS_WITHIN
        self._sending = threading.Lock()
        self._taken: dict[str, Future[int]] = {}

    def is_expected(self) -> bool:
        """Whether it is connected or may still connect."""
        return self._socket is not None or time.monotonic() < self._expected_until

    def is_listening(self) -> bool:
        """Whether it is connected, or resetting its connection."""
        return self._was_connected and self.is_expected()

    def serve(self, socket: Socket, noted: Noted) -> None:
        """Hear what the CLI says, until `receive` raises because it went away."""
        self._socket, self._was_connected = socket, True
        answers: list[tuple[str, Json]] = []
        try:
            while True:
                if message := socket.receive(timeout=_SOON if answers else None):
                    answers += self._heard(json.loads(message))
                answers = [answer for answer in answers if not noted(self.row["id"], *answer)]
        finally:
            self._leave(socket)

    def send(self, headers: dict[str, str], payload: str) -> int:
        """Send an event twice, in the account's version and in the latest: a CLI wants only one."""
        for api_version in (None, json.loads(payload)["api_version"]):
            self._send(headers, payload, api_version)
        return HTTPStatus.ACCEPTED.value

    def _send(self, headers: dict[str, str], payload: str, api_version: str | None) -> None:
        if self._socket is None:
            raise ConnectionError("The Stripe CLI is resetting its connection.")
        conversation = f"wc_{secrets.token_hex(12)}"
        taken = self._taken[conversation] = Future()
        message = {
            "type": "webhook_event",
            "webhook_id": f"wh_{secrets.token_hex(12)}",
            "webhook_conversation_id": conversation,
            "event_payload": payload,
            "http_headers": headers,
            "endpoint": {"api_version": api_version},
        }
        try:
            with self._sending:
                self._socket.send(json.dumps(message))
            taken.result(_PATIENCE)
        finally:
            self._taken.pop(conversation, None)

    def _heard(self, message: Json) -> list[tuple[str, Json]]:
        if message["type"] == "webhook_response":
            answer = {"status": message["status"], "answer": message["body"]}
            return [(message["notification_id"], answer)]
        taken = self._taken.get(message.get("webhook_conversation_id", ""))
        if message["type"] == "event_ack" and taken and not taken.done():
            taken.set_result(HTTPStatus.ACCEPTED)
        return []

    def _leave(self, socket: Socket) -> None:
        if self._socket is not socket:
            return  # a newer connection has taken its place
        is_resetting = socket.close_message == _RESETTING
        self._expected_until = time.monotonic() + (_RESETS_WITHIN if is_resetting else 0)
        self._socket = None
        for taken in list(self._taken.values()):
            if not taken.done():
                taken.set_exception(ConnectionError("The Stripe CLI has gone."))
