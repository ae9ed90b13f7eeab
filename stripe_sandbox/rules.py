"""What was asked to go wrong, as plain data: rules about deliveries, attempts and API calls.

A rule holds until it is removed, or for the next `times` that it fits. With `probability` it
strikes only now and then; when the sandbox was given a seed, at the same times in every run.

There are MOST_ACTIVE that may still strike: then the oldest about one object gives way, which is
about an old one most likely, and what is about all objects is refused.
"""

from collections.abc import Callable, Iterable
from typing import Any

from stripe_sandbox.protocol.shapes import Json, begins_a_path, event_types
from stripe_sandbox.storage import Storage

FOR_DELIVERIES = {
    "hold": "wait until they are released",
    "delay": "come late",
    "duplicate": "come more than once",
    "reorder": "come in the opposite order",
    "drop": "never come",
    "before_answer": "come before the answer to what caused them",
    "corrupt_signature": "come with a broken signature",
    "wrong_secret": "come signed with a secret that isn't yours",
    "old_version": "come in the API version 2020-08-27",
}
FOR_CALLS = {
    "timeout_before": "hang, and nothing is done",
    "timeout_after": "hang, and it is done",
    "reset": "lose the connection, and it is done",
    "500": "are answered 500",
    "429": "are answered 429",
    "409": "are answered 409",
}
FOR_ATTEMPTS = {
    "decline": "are declined, whatever the card",
    "authenticate": "ask for 3-D Secure, whatever the card",
}
MOST_SECONDS = 20 * 365 * 24 * 3600
MOST_ACTIVE = 500
_OF_A_CLI = "cliws_"
_MOST_SPENT = 50
_LONGEST_NAME = 500
_EVERY_RULE: Json = {"times": None, "probability": None}
_OF_ATTEMPTS: Json = {"about": None, **_EVERY_RULE}
_OF_DELIVERIES: Json = {"type": "*", "endpoint": None, **_OF_ATTEMPTS}
_OF_CALLS: Json = {"path": "/v1/", "method": None, **_EVERY_RULE}
_OF_KIND: dict[str, Json] = {
    **dict.fromkeys(FOR_DELIVERIES, _OF_DELIVERIES),
    **dict.fromkeys(FOR_ATTEMPTS, _OF_ATTEMPTS),
    **dict.fromkeys(FOR_CALLS, _OF_CALLS),
    "delay": {**_OF_DELIVERIES, "seconds": 10},
    "duplicate": {**_OF_DELIVERIES, "copies": 1},
    "reorder": {**_OF_DELIVERIES, "among": 2, "seconds": 10},
    "429": {**_OF_CALLS, "retry_after": None, "should_retry": None},
}


class Rules:
    """The rules, in the order of their making. Every method takes the lock itself."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def all(self) -> list[Json]:
        """Return every rule, those included whose times are over."""
        with self._storage.lock:
            return list(self._storage.state.rules.values())

    def active(self) -> list[Json]:
        """Return the rules that may still strike."""
        return [rule for rule in self.all() if is_active(rule)]

    def definitions(self) -> list[Json]:
        """Return every rule as `replace` takes it, its times not yet counted down."""
        return [
            {name: value for name, value in rule.items() if name not in {"id", "taken"}}
            for rule in self.all()
        ]

    def add(self, kind: str, /, **fields: Any) -> Json:
        """Make a rule; raise ValueError with a sentence for one that can't be."""
        rule = self._checked({"kind": kind, **fields})
        with self._storage.lock:
            _refuse_too_many([rule], beside=self.all())
            return self._made(rule)

    def _checked(self, given: Json) -> Json:
        rule = checked(given)
        endpoint = rule.get("endpoint")
        is_of_a_cli = endpoint is None or endpoint.startswith(_OF_A_CLI)
        if not is_of_a_cli and not self._storage.find("webhook_endpoint", endpoint):
            raise ValueError(f"endpoint must be the id of a webhook endpoint; {endpoint} is none.")
        return rule

    def _made(self, rule: Json) -> Json:
        with self._storage.lock:
            made = {"id": f"rule_{self._storage.count('rules')}", "taken": 0, **rule}
            self._storage.state.rules[made["id"]] = made
            self._storage.changes += 1
            self._forget()
        return made

    def replace(self, definitions: list[Json]) -> list[Json]:
        """Have these rules and no others; change nothing when one of them can't be."""
        rules = [self._checked(each) for each in definitions]
        _refuse_too_many(rules, beside=[])
        with self._storage.lock:
            self.clear(set(_OF_KIND))
            return [self._made(rule) for rule in rules]

    def replace_about(self, about: str, definitions: list[Json]) -> list[Json]:
        """Have these rules about one object and no others about it, at once for all who look.

        Of two who ask at the same time the later one's rules hold. Rules about anything else stay.
        """
        rules = [self._checked({**checked(each), "about": about}) for each in definitions]
        with self._storage.lock:
            _refuse_too_many(rules, beside=self.all())
            for rule in self.all():
                if rule.get("about") == about:
                    self.remove(rule["id"])
            return [self._made(rule) for rule in rules]

    def remove(self, rule_id: str) -> bool:
        """End a rule; return whether there was one."""
        with self._storage.lock:
            self._storage.changes += 1
            return self._storage.state.rules.pop(rule_id, None) is not None

    def clear(self, kinds: set[str]) -> None:
        """End every rule of these kinds."""
        for rule in self.all():
            if rule["kind"] in kinds:
                self.remove(rule["id"])

    def take(self, fits: Callable[[Json], bool], *about: str) -> list[Json]:
        """Return the active rules that fit and strike now, each counted as used once more.

        A seed decides by what it is `about`, so that no other thread has a say in it.
        """
        if not self._storage.state.rules:
            return []
        with self._storage.lock:
            return [
                self._struck(rule)
                for rule in self.active()
                if fits(rule) and self._hits(rule, about)
            ]

    def _hits(self, rule: Json, about: tuple[str, ...]) -> bool:
        probability = rule["probability"]
        return probability is None or self._storage.chance(rule["id"], *about) < probability

    def _struck(self, rule: Json) -> Json:
        used = {**rule, "taken": rule["taken"] + 1}
        self._storage.state.rules[rule["id"]] = used
        self._storage.changes += 1
        return used

    def _forget(self) -> None:
        """Let the oldest go: of those whose times are over, and of those about one object."""
        active = self.active()
        of_one = [rule["id"] for rule in active if rule.get("about")]
        spent = [rule["id"] for rule in self.all() if not is_active(rule)]
        over = max(0, len(active) - MOST_ACTIVE)
        for rule_id in spent[: max(0, len(spent) - _MOST_SPENT)] + of_one[:over]:
            self.remove(rule_id)


def _refuse_too_many(rules: list[Json], *, beside: Iterable[Json]) -> None:
    """Raise ValueError when so many don't fit beside those that give way to none."""
    lasting = sum(is_active(rule) and not rule.get("about") for rule in beside)
    if lasting + len(rules) > MOST_ACTIVE:
        raise ValueError(f"There are {MOST_ACTIVE} rules at most. Remove some first.")


def is_active(rule: Json) -> bool:
    """Whether a rule may still strike."""
    return rule["times"] is None or rule["taken"] < rule["times"]


def fits_type(pattern: str, event_type: str) -> bool:
    """Whether a pattern such as `*`, `charge.*` or `charge.succeeded` means an event type."""
    if pattern.endswith("*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def is_about(about: str | None, row: Json) -> bool:
    """Whether an object is meant: by its id, its PaymentIntent's or a value of its metadata."""
    names = (row.get("id"), row.get("payment_intent"), *(row.get("metadata") or {}).values())
    return about is None or about in names


def checked(given: Json) -> Json:
    """Return a rule with every field; raise ValueError for one that could never strike."""
    if not isinstance(given, dict) or str(given.get("kind")) not in _OF_KIND:
        raise ValueError(f"kind must be one of {', '.join(_OF_KIND)}.")
    known = _OF_KIND[str(given["kind"])]
    if unknown := sorted(given.keys() - known.keys() - {"kind"}):
        raise ValueError(f"A rule of kind {given['kind']} has no {unknown[0]}.")
    rule = {"kind": str(given["kind"]), **known, **given}
    for name, (is_right, sentence) in _FIELDS.items():
        if name in rule and rule[name] != known[name] and not is_right(rule[name]):
            raise ValueError(f"{name} must be {sentence}.")
    return rule


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/v1/") and begins_a_path(value)


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and any(fits_type(value, known) for known in event_types())


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "about": (
        lambda value: isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME,
        "an id of Stripe's, or a value of the metadata",
    ),
    "among": (lambda value: _is_whole(value, 2, 100), "a whole number from 2 to 100"),
    "copies": (lambda value: _is_whole(value, 1, 100), "a whole number from 1 to 100"),
    "endpoint": (lambda value: isinstance(value, str), "the id of a webhook endpoint"),
    "method": (lambda value: value in ("GET", "POST", "DELETE"), "GET, POST or DELETE"),
    "path": (_is_path, "a path of Stripe's that begins with /v1/"),
    "probability": (lambda value: _is_number(value) and 0 <= value <= 1, "from 0 to 1"),
    "retry_after": (lambda value: _is_whole(value, 0, 3600), "a whole number of seconds"),
    "seconds": (
        lambda value: _is_number(value) and 0 <= value <= MOST_SECONDS,
        "from 0 to 20 years",
    ),
    "should_retry": (lambda value: isinstance(value, bool), "true or false"),
    "times": (lambda value: _is_whole(value, 1, 10**9), "a whole number of 1 or more"),
    "type": (_is_type, "an event type of Stripe's, such as charge.*"),
}
