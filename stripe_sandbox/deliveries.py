"""Webhook deliveries: signed, retried with back-off until 2xx, made outside the request.

With `start` two background threads make them: one for first attempts, in order, one for retries, so
that an endpoint that hangs does not hold up the news. Without it a test drives them: `pending`,
`step`, `drain`.
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from stripe_sandbox.listeners import LISTENER, Listeners
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.storage import Storage

_TIMEOUT = 10
_LONGEST_WAIT = 8 * 3600
_GIVEN_UP_AFTER = 3 * 24 * 3600
_NAP = 0.2

Send = Callable[[str, dict[str, str], bytes], int]


class Deliveries:
    """What has to be sent, and what happened when it was."""

    def __init__(
        self, storage: Storage, *, send: Send, listeners: Listeners, retry_factor: float
    ) -> None:
        self._storage = storage
        self._listeners = listeners
        self._send = send
        self._retry_factor = retry_factor
        self._wakened = threading.Condition(storage.lock)
        self._threads: list[threading.Thread] = []
        self._is_stopping = False

    def schedule(self, event: Json, endpoint: Json, *, is_duplicate: bool = False) -> Json:
        """Have `event` sent to `endpoint`, now. Hold the lock."""
        row = {
            "id": self._storage.new_id("whd_"),
            "event": event["id"],
            "type": event["type"],
            "endpoint": endpoint["id"],
            "url": endpoint["url"],
            "created": self._storage.time(),
            "due_at": self._storage.time(),
            "state": "pending",
            "is_duplicate": is_duplicate,
            "attempts": [],
        }
        self._keep(row)
        self._wakened.notify_all()
        return row

    def pending(self) -> list[Json]:
        """Return the deliveries still to be made, due or not, in the order of their making."""
        with self._storage.lock:
            return list(self._storage.state.deliveries.values())

    def all(self) -> list[Json]:
        """Return every delivery, the oldest first."""
        with self._storage.lock:
            state = self._storage.state
            rows = [*state.delivered.values(), *state.deliveries.values()]
        return sorted(rows, key=lambda row: float(row["created"]))

    def step(self) -> Json | None:
        """Make the next due delivery; return it with its new attempt, or None if none is due."""
        row = self._claim(lambda _: True)
        return self._attempt(row) if row else None

    def drain(self) -> list[Json]:
        """Make every delivery that is due by now; a failed one is due again only later."""
        made = []
        while row := self.step():
            made.append(row)
        return made

    def answered(self, listener_id: str, event_id: str, status: int) -> bool:
        """Note what the URL behind a Stripe CLI answered; nobody tries such a delivery again.

        Returns False while the delivery is still on its way: ask again soon.
        """
        sent = (listener_id, event_id)
        with self._storage.lock:
            state = self._storage.state
            under_way = (row for row in state.deliveries.values() if row["state"] == "sending")
            if any(_goes_to(row) == sent for row in under_way):
                return False
            made = reversed(list(state.delivered.values()))
            if row := next((row for row in made if _goes_to(row) == sent), None):
                attempts = [*row["attempts"][:-1], {**row["attempts"][-1], "status": status}]
                outcome = "delivered" if 200 <= status < 300 else "failed"  # noqa: PLR2004
                self._keep({**row, "attempts": attempts, "state": outcome})
            return True

    def hold(self) -> None:
        """Deliver nothing until `release`."""
        self._set_held(is_held=True)

    def release(self) -> None:
        """Deliver again, beginning with what has been waiting."""
        self._set_held(is_held=False)

    def wake(self) -> None:
        """Look again at what is due: the clock or the state was changed."""
        with self._wakened:
            self._wakened.notify_all()

    def start(self) -> None:
        """Deliver from background threads from now on."""
        for lane in (_is_first, lambda row: not _is_first(row)):
            thread = threading.Thread(target=self._run, args=(lane,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the background threads; an attempt under way may finish."""
        self._is_stopping = True
        self.wake()
        for thread in self._threads:
            thread.join(_TIMEOUT)

    def _set_held(self, *, is_held: bool) -> None:
        with self._wakened:
            self._storage.state.is_held = is_held
            self._storage.changes += 1
            self._wakened.notify_all()

    def _run(self, lane: Callable[[Json], bool]) -> None:
        while not self._is_stopping:
            if row := self._claim(lane):
                self._attempt(row)
            else:
                with self._wakened:
                    self._wakened.wait(_NAP)

    def _claim(self, lane: Callable[[Json], bool]) -> Json | None:
        """Take the delivery that has been due longest, so that no one else makes it."""
        with self._storage.lock:
            state, now = self._storage.state, self._storage.time()
            due = [
                row
                for row in state.deliveries.values()
                if row["state"] == "pending" and row["due_at"] <= now and lane(row)
            ]
            if state.is_held or not due:
                return None
            return self._keep(
                {**min(due, key=lambda row: float(row["due_at"])), "state": "sending"}
            )

    def _attempt(self, row: Json) -> Json:
        """Send once, without holding the lock, and note what came of it."""
        with self._storage.lock:
            endpoint = self._endpoint(row["endpoint"])
            event = self._storage.find("event", row["event"])
            if not event or not endpoint or endpoint["status"] != "enabled":
                return self._keep({**row, "state": "canceled"})
            at = self._storage.time()
            body = json.dumps(event, indent=2).encode()
            secret = endpoint.get("secret") or self._storage.note(endpoint["id"])["secret"]
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, secret, int(at)),
            "User-Agent": "Stripe/1.0 (sandbox; this is not Stripe)",
        }
        attempt = {"at": at, **self._sent(endpoint, headers, body)}
        with self._storage.lock:
            return self._concluded({**row, "attempts": [*row["attempts"], attempt]})

    def _endpoint(self, endpoint_id: str) -> Json | None:
        """Return where a delivery goes: a webhook endpoint, or a Stripe CLI that listens."""
        known = self._storage.find("webhook_endpoint", endpoint_id)
        return known or self._listeners.find(endpoint_id)

    def _sent(self, endpoint: Json, headers: dict[str, str], body: bytes) -> Json:
        send, to = self._send, endpoint["url"]
        if endpoint["object"] == LISTENER:
            send, to = self._listeners.send, endpoint["id"]
        try:
            return {"status": send(to, headers, body), "error": None}
        except Exception as error:
            return {"status": None, "error": type(error).__name__}

    def _concluded(self, row: Json) -> Json:
        if row["id"] not in self._storage.state.deliveries:
            return row  # the memory was reset or restored meanwhile
        status = row["attempts"][-1]["status"]
        if status is not None and 200 <= status < 300:  # noqa: PLR2004
            self._note_success(row)
            return self._keep({**row, "state": "delivered"})
        now = self._storage.time()
        if now - row["created"] > _GIVEN_UP_AFTER:
            return self._keep({**row, "state": "failed"})
        wait = min(2.0 ** min(len(row["attempts"]) - 1, 20), _LONGEST_WAIT) * self._retry_factor
        return self._keep({**row, "state": "pending", "due_at": now + wait})

    def _note_success(self, row: Json) -> None:
        event = self._storage.find("event", row["event"])
        if event and not row["is_duplicate"]:
            left = max(0, event["pending_webhooks"] - 1)
            self._storage.change(event, pending_webhooks=left)

    def _keep(self, row: Json) -> Json:
        state = self._storage.state
        if row["state"] in {"pending", "sending"}:
            state.deliveries[row["id"]] = row
        else:
            state.deliveries.pop(row["id"], None)
            state.delivered[row["id"]] = row
        self._storage.changes += 1
        return row


def signature(body: bytes, secret: str, timestamp: int) -> str:
    """Return the `Stripe-Signature` header of a body sent at `timestamp`."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def send_over_http(url: str, headers: dict[str, str], body: bytes) -> int:
    """POST and return the status. No proxy, no redirect; raises OSError for no answer in time."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _goes_to(row: Json) -> tuple[str, str]:
    return row["endpoint"], row["event"]


def _is_first(row: Json) -> bool:
    return not row["attempts"]
