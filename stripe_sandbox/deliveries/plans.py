"""When a delivery is made: at once, later by a rule, backwards, twice or never; and once more."""

from collections.abc import Callable

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.rules import Rules, fits_type, is_about
from stripe_sandbox.storage import Storage

HURRIED = "before_answer"
"""Deliveries with this mark are made by `hurry`, before what caused them is answered."""

_LONGEST_WAIT = 8 * 3600
_GIVEN_UP_AFTER = 3 * 24 * 3600


def planned(storage: Storage, rules: Rules, row: Json, event: Json) -> list[Json]:
    """Return the deliveries to keep in place of `row`, earlier ones that it changes included."""
    rows = [row]
    struck = rules.take(
        lambda rule: rule["kind"] in _PLANS and concerns(rule, row, event), row["id"]
    )
    for rule in struck:
        rows = [made for each in rows for made in _PLANS[rule["kind"]](storage, each, rule)]
    return rows


def tried_again(row: Json, now: float, factor: float) -> Json:
    """Return a delivery that failed, with its next attempt: 1 s later, 2, 4, up to 8 hours.

    After three days it is given up. `factor` stretches the waits and the three days.
    """
    if now - row["created"] > _GIVEN_UP_AFTER * factor:
        return {**row, "state": "failed"}
    wait = min(2.0 ** min(len(row["attempts"]) - 1, 20), _LONGEST_WAIT) * factor
    return {**row, "state": "pending", "due_at": now + wait, "is_released": False}


def concerns(rule: Json, row: Json, event: Json) -> bool:
    """Whether a rule about deliveries is about this one, of this event."""
    if not is_about(rule.get("about"), event["data"]["object"]):
        return False
    if rule["kind"] == "duplicate" and row["is_duplicate"]:
        return False
    return rule["endpoint"] in {None, row["endpoint"]} and fits_type(rule["type"], row["type"])


def _held(_: Storage, row: Json, rule: Json) -> list[Json]:
    return [{**_marked(row, rule), "state": "held"}]


def _dropped(_: Storage, row: Json, rule: Json) -> list[Json]:
    return [{**_marked(row, rule), "state": "dropped"}]


def _hurried(_: Storage, row: Json, rule: Json) -> list[Json]:
    return [_marked(row, rule)]


def _delayed(_: Storage, row: Json, rule: Json) -> list[Json]:
    return [{**_marked(row, rule), "due_at": row["due_at"] + rule["seconds"]}]


def _duplicated(storage: Storage, row: Json, rule: Json) -> list[Json]:
    row = _marked(row, rule)
    return [row, *(_copied(storage, row) for _ in range(rule["copies"]))]


def _copied(storage: Storage, row: Json) -> Json:
    number = storage.count("deliveries")
    return {
        **row,
        "id": storage.new_id("whd_"),
        "is_duplicate": True,
        "number": number,
        "order": number,
    }


def _reordered(storage: Storage, row: Json, rule: Json) -> list[Json]:
    """Gather deliveries to one endpoint; send them backwards once complete, or in time anyway."""
    gathered = [
        each
        for each in storage.state.deliveries.values()
        if each["gathered_by"] == rule["id"]
        and each["endpoint"] == row["endpoint"]
        and each["state"] == "pending"
    ]
    together = [*gathered, {**_marked(row, rule), "gathered_by": rule["id"]}]
    due_at = gathered[0]["due_at"] if gathered else row["due_at"] + rule["seconds"]
    changed: Json = {"due_at": due_at}
    if len(together) >= rule["among"]:
        changed = {"due_at": row["due_at"], "gathered_by": None}
    orders = sorted((each["order"] for each in together), reverse=True)
    return [
        {**each, **changed, "order": order} for each, order in zip(together, orders, strict=True)
    ]


def _marked(row: Json, rule: Json) -> Json:
    return {**row, "rules": [*row["rules"], rule["kind"]]}


_PLANS: dict[str, Callable[[Storage, Json, Json], list[Json]]] = {
    HURRIED: _hurried,
    "delay": _delayed,
    "drop": _dropped,
    "duplicate": _duplicated,
    "hold": _held,
    "reorder": _reordered,
}
