"""What there is to see in a sandbox, in the words of the control panel."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources.disputes import OPEN
from stripe_sandbox.rules import FOR_ATTEMPTS, FOR_CALLS, FOR_DELIVERIES, is_active
from stripe_sandbox.sandbox import Sandbox

_EVENTS, _OBJECTS, _REQUESTS = 30, 12, 30
_VERBS: dict[str, list[tuple[set[str], str, str]]] = {
    "payment_intent": [({"succeeded"}, "charges/{charge}/dispute", "Dispute")],
    "checkout.session": [({"open"}, "checkout/sessions/{id}/expire", "Expire")],
    "refund": [
        ({"pending", "requires_action", "succeeded"}, "refunds/{id}/fail", "Fail"),
        ({"pending"}, "refunds/{id}/ask", "Ask the shopper"),
    ],
    "dispute": [(OPEN, "disputes/{id}/win", "Win"), (OPEN, "disputes/{id}/lose", "Lose")],
}
"""By the kind of object: in these statuses, this verb, by this name."""
_TONES = {
    "delivered": "good",
    "canceled": "quiet",
    "dropped": "bad",
    "failed": "bad",
    "retrying": "bad",
    "held": "wait",
}


def overview(sandbox: Sandbox, before: str = "") -> Json:
    """Return everything that the page shows, the newest first; of events those older than one."""
    with sandbox.lock:
        deliveries = sandbox.deliveries.pending()
        rules = [_rule(rule) for rule in sandbox.rules.all()]
        requests = [
            _request(sandbox, row) for row in islice(reversed(sandbox.requests.values()), _REQUESTS)
        ]
        events = list(islice(_events(sandbox, before), _EVENTS + 1))
        return {
            "clock": _moment(sandbox, sandbox.time()),
            "advanced": span(sandbox.state.clock_offset),
            "is_held": sandbox.state.is_held,
            "waiting": len(deliveries),
            "held": sum(state_of(sandbox, row) == "held" for row in deliveries),
            "failing": sum(state_of(sandbox, row) == "retrying" for row in deliveries),
            "given_up": sum(row["state"] == "failed" for row in sandbox.state.delivered.values()),
            "failed_calls": sum(row["is_failed"] for row in requests),
            "rules": rules,
            "active": [rule for rule in rules if rule["is_active"]],
            "events": [_event(sandbox, event) for event in events[:_EVENTS]],
            "before": before,
            "older_than": events[_EVENTS - 1]["id"] if len(events) > _EVENTS else None,
            "objects": [row for kind in _VERBS for row in _objects(sandbox, kind)],
            "endpoints": list(sandbox.state.tables.get("webhook_endpoint", {}).values()),
            "requests": requests,
        }


def version(sandbox: Sandbox) -> str:
    """Return what differs whenever the page would."""
    with sandbox.lock:
        last = next(reversed(sandbox.requests), "")
        ticks = sandbox.now() if sandbox.state.deliveries else 0
        return f"{id(sandbox.state)}-{sandbox.changes}-{last}-{ticks}"


def state_of(sandbox: Sandbox, row: Json) -> str:
    """Return where a delivery stands, in a word."""
    if row["state"] != "pending":
        return str(row["state"])
    if sandbox.state.is_held and not row["is_released"]:
        return "held"
    if row["attempts"]:
        return "retrying"
    return "delayed" if row["due_at"] > sandbox.time() else "waiting"


def span(seconds: float) -> str:
    """Return a length of time as people say it: 90 is 1 min 30 s."""
    parts, left = [], round(seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2]) or "0 s"


def _events(sandbox: Sandbox, before: str) -> Iterator[Json]:
    events = sandbox.newest_first("event")
    while before and next(events, {"id": before})["id"] != before:
        pass
    return events


def _event(sandbox: Sandbox, event: Json) -> Json:
    rows = sandbox.deliveries.of_event(event["id"])
    return {
        "id": event["id"],
        "type": event["type"],
        "at": _moment(sandbox, event["created"]),
        "about": event["data"]["object"].get("id", ""),
        "deliveries": [_delivery(sandbox, row) for row in rows],
    }


def _delivery(sandbox: Sandbox, row: Json) -> Json:
    state = state_of(sandbox, row)
    is_waiting = state in {"held", "delayed", "retrying", "waiting"}
    due_in = row["due_at"] - sandbox.time()
    return {
        **row,
        "state": state,
        "tone": _TONES.get(state, "wait"),
        "is_waiting": is_waiting,
        "due_in": span(due_in) if is_waiting and state != "held" and due_in > 0 else None,
        "attempts": [{**each, "at": _moment(sandbox, each["at"])} for each in row["attempts"]],
    }


def _objects(sandbox: Sandbox, kind: str) -> list[Json]:
    return [
        {
            "id": row["id"],
            "kind": kind.replace("checkout.", "").replace("_", " "),
            "status": row["status"],
            "amount": row.get("amount", row.get("amount_total")),
            "currency": row["currency"],
            "verbs": _verbs(kind, row),
        }
        for row in islice(sandbox.newest_first(kind), _OBJECTS)
    ]


def _verbs(kind: str, row: Json) -> list[tuple[str, str]]:
    """Return what can be made to happen to an object now: the path of each verb, and its name."""
    ids = {"id": row["id"], "charge": row.get("latest_charge")}
    return [
        (path.format(**ids), name)
        for statuses, path, name in _VERBS[kind]
        if row["status"] in statuses
    ]


def _request(sandbox: Sandbox, row: Json) -> Json:
    return {
        **row,
        "at": _moment(sandbox, row["at"]),
        "is_failed": row["status"] >= HTTPStatus.BAD_REQUEST,
    }


def _rule(rule: Json) -> Json:
    """Return a rule with the sentence that it is."""
    about = f" about {rule['about']}" if rule.get("about") else ""
    if rule["kind"] in FOR_ATTEMPTS:
        sentence = f"Attempts to pay{about} {FOR_ATTEMPTS[rule['kind']]}"
    elif rule["kind"] in FOR_DELIVERIES:
        who = f"{'All' if rule['type'] == '*' else rule['type']} events{about}"
        where = f" to {rule['endpoint']}" if rule["endpoint"] else ""
        sentence = f"{who}{where} {FOR_DELIVERIES[rule['kind']]}"
    else:
        sentence = f"{rule['method'] or 'All'} calls of {rule['path']}… {FOR_CALLS[rule['kind']]}"
    return {**rule, "sentence": sentence, "often": _often(rule), "is_active": is_active(rule)}


def _often(rule: Json) -> str:
    chance = f"by chance, {rule['probability']:.0%}" if rule["probability"] is not None else ""
    left = f"{rule['times'] - rule['taken']} of {rule['times']} left" if rule["times"] else ""
    extra = [f"{rule[name]} {unit}" for name, unit in _EXTRAS.items() if rule.get(name)]
    used = f"struck {rule['taken']} ×"
    return ", ".join(part for part in (*extra, chance, left, used) if part)


def _moment(sandbox: Sandbox, seconds: float) -> str:
    """Return a time as a clock shows it, with its date once the sandbox's isn't everybody's."""
    date = "%Y-%m-%d " if sandbox.state.clock_offset else ""
    return datetime.fromtimestamp(seconds, UTC).strftime(f"{date}%H:%M:%S")


_EXTRAS = {"seconds": "s", "copies": "more", "among": "together", "retry_after": "s to wait"}
