"""What has to be sent, and what happened when it was.

With `start` background threads make the deliveries. Without it a test drives them, one by one and
by its own clock: `pending`, `step`, `drain`.
"""

from http import HTTPStatus

from stripe_sandbox.deliveries.courier import Send, answer_of
from stripe_sandbox.deliveries.hurry import Hurry
from stripe_sandbox.deliveries.lanes import Lanes
from stripe_sandbox.deliveries.letters import SPOILERS, in_old_version, letter, secrets_of
from stripe_sandbox.deliveries.plans import concerns, planned, tried_again
from stripe_sandbox.listeners import LISTENER, Listeners
from stripe_sandbox.protocol.errors import missing
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.rules import Rules, is_about
from stripe_sandbox.storage import Storage

_UNMADE = {"held", "pending", "sending"}


class Deliveries:
    """Every delivery of one sandbox."""

    def __init__(
        self,
        storage: Storage,
        *,
        send: Send,
        listeners: Listeners,
        rules: Rules,
        retry_factor: float,
        breadth: int = 1,
    ) -> None:
        self._storage = storage
        self._listeners = listeners
        self._rules = rules
        self._send = send
        self._retry_factor = retry_factor
        self._lanes = Lanes(storage, self._attempt, breadth)
        self._hurry = Hurry(self._lanes, self._attempt)
        self.start, self.stop, self.wake = self._lanes.start, self._lanes.stop, self._lanes.wake
        self.before_answering = self._hurry.before_answering

    def schedule(self, event: Json, endpoint: Json, *, is_duplicate: bool = False) -> Json:
        """Have `event` sent to `endpoint`, now unless a rule says otherwise."""
        now, number = self._storage.time(), self._storage.count("deliveries")
        row = {
            "id": self._storage.new_id("whd_"),
            "event": event["id"],
            "type": event["type"],
            "endpoint": endpoint["id"],
            "url": endpoint["url"],
            "created": now,
            "number": number,
            "due_at": now,
            "order": number,
            "state": "pending",
            "is_duplicate": is_duplicate,
            "is_released": False,
            "gathered_by": None,
            "rules": [],
            "attempts": [],
        }
        rows = [self._keep(each) for each in planned(self._storage, self._rules, row, event)]
        known = self._storage.note(event["id"]).get("deliveries", [])
        ids = [each["id"] for each in rows if each["event"] == event["id"]]
        self._storage.note(event["id"], deliveries=list(dict.fromkeys([*known, *ids])))
        for each in rows:
            self._hurry.note(each)
        return next(each for each in rows if each["id"] == row["id"])

    def pending(self) -> list[Json]:
        """Return the deliveries still to be made, due or not, in the order of their making."""
        with self._storage.lock:
            return list(self._storage.state.deliveries.values())

    def all(self, about: str | None = None) -> list[Json]:
        """Return every delivery, or those of remembered events about one object; oldest first."""
        with self._storage.lock:
            state = self._storage.state
            rows = [*state.delivered.values(), *state.deliveries.values()]
            if about is not None:
                rows = [row for row in rows if self._is_about(row, about)]
        return sorted(rows, key=lambda row: int(row["number"]))

    def of_event(self, event_id: str) -> list[Json]:
        """Return the deliveries of one event, the oldest first."""
        with self._storage.lock:
            ids = self._storage.note(event_id).get("deliveries", [])
            return [row for row in map(self._find, ids) if row]

    def step(self) -> Json | None:
        """Make the next due delivery; return it with its new attempt, or None if none is due."""
        row = self._lanes.claim()
        return self._attempt(row) if row else None

    def drain(self) -> list[Json]:
        """Make every delivery that is due by now; a failed one is due again only later."""
        made = []
        while row := self.step():
            made.append(row)
        return made

    def hold(self) -> None:
        """Deliver nothing until `release`."""
        with self._storage.lock:
            self._storage.state.is_held = True
            self._storage.changes += 1

    def release(self) -> None:
        """Deliver again, beginning with what has been waiting; rules that hold are over."""
        with self._storage.lock:
            self._storage.state.is_held = False
            self._storage.changes += 1
            self._rules.clear({"hold"})
            for row in self.pending():
                if row["state"] == "held":
                    self._keep({**row, "state": "pending"})
            self.wake()

    def release_one(self, delivery_id: str) -> Json:
        """Make one delivery now, whatever it waits for; raise 404 for one that was made."""
        with self._storage.lock:
            row, now = self._unmade(delivery_id), self._storage.time()
            return self._keep({**row, "state": "pending", "due_at": now, "is_released": True})

    def drop_one(self, delivery_id: str) -> Json:
        """Never make a delivery; raise 404 for one that was made."""
        with self._storage.lock:
            return self._keep({**self._unmade(delivery_id), "state": "dropped"})

    def sent(self, row: Json, attempt: Json) -> tuple[dict[str, str], bytes] | None:
        """Return again what an attempt sent; None once the event is forgotten."""
        with self._storage.lock:
            event = self._storage.find("event", row["event"])
            if event is None:
                return None
            event = {**event, "pending_webhooks": attempt["pending_webhooks"]}
            headers, body = self._letter(event, [], attempt["at"], attempt["spoiled"])
        return {**headers, "Stripe-Signature": attempt["signature"]}, body

    def answered(self, listener_id: str, event_id: str, answer: Json) -> bool:
        """Note what the URL behind a Stripe CLI answered; nobody tries such a delivery again.

        Returns False while the delivery is still on its way: ask again soon.
        """
        theirs = [row for row in self.of_event(event_id) if row["endpoint"] == listener_id]
        with self._storage.lock:
            if any(row["state"] == "sending" for row in theirs):
                return False
            if made := [row for row in theirs if row["state"] not in _UNMADE and row["attempts"]]:
                row = made[-1]
                attempts = [*row["attempts"][:-1], {**row["attempts"][-1], **answer}]
                outcome = "delivered" if _is_taken(answer["status"]) else "failed"
                self._keep({**row, "attempts": attempts, "state": outcome})
            return True

    def _is_about(self, row: Json, about: str) -> bool:
        event = self._storage.find("event", row["event"])
        return event is not None and is_about(about, event["data"]["object"])

    def _find(self, delivery_id: str) -> Json | None:
        state = self._storage.state
        found: Json | None = state.deliveries.get(delivery_id) or state.delivered.get(delivery_id)
        return found

    def _unmade(self, delivery_id: str) -> Json:
        row: Json | None = self._storage.state.deliveries.get(delivery_id)
        if row is None or row["state"] == "sending":
            raise missing("waiting delivery", delivery_id)
        return row

    def _attempt(self, row: Json) -> Json:
        """Send once, without holding the lock, and note what came of it."""
        with self._storage.lock:
            endpoint = self._endpoint(row["endpoint"])
            event = self._storage.find("event", row["event"])
            if not event or not endpoint or endpoint["status"] != "enabled":
                return self._keep({**row, "state": "canceled"})
            rules = self._rules.take(
                lambda rule: rule["kind"] in SPOILERS and concerns(rule, row, event),
                row["id"],
                str(len(row["attempts"])),
            )
            attempt = {
                "at": self._storage.time(),
                "url": endpoint["url"],
                "pending_webhooks": event["pending_webhooks"],
                "spoiled": [rule["kind"] for rule in rules],
            }
            secrets = secrets_of(self._storage, endpoint)
            headers, body = self._letter(event, secrets, attempt["at"], attempt["spoiled"])
        answer = self._answer(endpoint, headers, body)
        with self._storage.lock:
            seconds = round(self._storage.time() - attempt["at"], 4)
            signed = {"signature": headers["Stripe-Signature"], "seconds": seconds}
            attempts = [*row["attempts"], {**attempt, **signed, **answer}]
            return self._concluded({**row, "attempts": attempts})

    def _letter(
        self, event: Json, secrets: list[str], at: float, spoiled: list[str]
    ) -> tuple[dict[str, str], bytes]:
        if "old_version" in spoiled:
            event = in_old_version(self._storage, event)
        return letter(event, secrets=secrets, at=int(at), spoiled=spoiled)

    def _endpoint(self, endpoint_id: str) -> Json | None:
        """Return where a delivery goes: a webhook endpoint, or a Stripe CLI that listens."""
        known = self._storage.find("webhook_endpoint", endpoint_id)
        return known or self._listeners.find(endpoint_id)

    def _answer(self, endpoint: Json, headers: dict[str, str], body: bytes) -> Json:
        send, to = self._send, endpoint["url"]
        if endpoint["object"] == LISTENER:
            send, to = self._listeners.send, endpoint["id"]
        return answer_of(send, to, headers, body)

    def _concluded(self, row: Json) -> Json:
        if row["id"] not in self._storage.state.deliveries:
            return row  # the memory was reset or restored meanwhile
        status = row["attempts"][-1]["status"]
        if status is not None and _is_taken(status):
            self._note_success(row)
            return self._keep({**row, "state": "delivered"})
        return self._keep(tried_again(row, self._storage.time(), self._retry_factor))

    def _note_success(self, row: Json) -> None:
        """Count the event's pending webhooks down, once for each endpoint that waited for it."""
        event = self._storage.find("event", row["event"])
        rows = [each for each in self.of_event(row["event"]) if each["endpoint"] == row["endpoint"]]
        is_first = not any(each["state"] == "delivered" for each in rows)
        if event and is_first and not all(each["is_duplicate"] for each in rows):
            left = max(0, event["pending_webhooks"] - 1)
            self._storage.change(event, pending_webhooks=left)

    def _keep(self, row: Json) -> Json:
        state = self._storage.state
        if row["state"] in _UNMADE:
            state.deliveries[row["id"]] = row
        else:
            state.deliveries.pop(row["id"], None)
            state.delivered[row["id"]] = row
        if row["state"] == "pending":
            self._lanes.push(row)
        self._storage.changes += 1
        return row


def _is_taken(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
