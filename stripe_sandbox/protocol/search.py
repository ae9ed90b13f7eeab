"""Stripe's search: `status:"succeeded" AND -currency:"usd" AND metadata["order"]:"7"`.

Clauses are joined by spaces, by AND or by OR, never by both. A clause is a field, an operator and a
value: `:` is equality (of words, whatever their case), `~` a part of a word, and `<`, `>`, `<=`,
`>=` compare numbers. `-` before a clause turns it round; `null` is a field without a value.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stripe_sandbox.protocol.errors import StripeError, invalid
from stripe_sandbox.protocol.pagination import check_limit
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.storage import Storage

NUMBER, TOKEN, STRING, FLAG = "number", "token", "string", "flag"
_CARD = "payment_method_details.card."
FIELDS: dict[str, dict[str, str]] = {
    "charge": {
        "amount": NUMBER,
        "billing_details.address.postal_code": TOKEN,
        "created": NUMBER,
        "currency": TOKEN,
        "customer": TOKEN,
        "disputed": FLAG,
        "metadata": TOKEN,
        f"{_CARD}brand": TOKEN,
        f"{_CARD}exp_month": NUMBER,
        f"{_CARD}exp_year": NUMBER,
        f"{_CARD}fingerprint": TOKEN,
        f"{_CARD}last4": TOKEN,
        "refunded": FLAG,
        "status": TOKEN,
    },
    "customer": {
        "created": NUMBER,
        "email": STRING,
        "metadata": TOKEN,
        "name": STRING,
        "phone": STRING,
    },
    "payment_intent": {
        "amount": NUMBER,
        "created": NUMBER,
        "currency": TOKEN,
        "customer": TOKEN,
        "metadata": TOKEN,
        "status": TOKEN,
    },
    "price": {
        "active": FLAG,
        "currency": TOKEN,
        "lookup_key": STRING,
        "metadata": TOKEN,
        "product": TOKEN,
        "type": TOKEN,
    },
    "product": {
        "active": FLAG,
        "description": STRING,
        "metadata": TOKEN,
        "name": STRING,
        "shippable": FLAG,
        "url": STRING,
    },
}
"""What can be searched for, and how: a token as a whole, a string also in part."""

_MOST_CLAUSES, _SHORTEST_PART = 10, 3
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_CLAUSE = re.compile(
    rf"(?P<minus>-?)(?P<field>[A-Za-z_][\w.]*)(?:\[(?P<key>{_QUOTED})\])?"
    rf"(?P<operator><=|>=|[:~<>])(?P<value>{_QUOTED}|[^\s\"']+)"
)
_JOINT = re.compile(r"\s+(?:(?P<word>AND|OR)\s+)?", re.IGNORECASE)
_NUMBER = re.compile(r"\A-?[0-9]+(\.[0-9]+)?\Z")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ":": lambda found, wanted: found == wanted,
    "<": lambda found, wanted: found < wanted,
    ">": lambda found, wanted: found > wanted,
    "<=": lambda found, wanted: found <= wanted,
    ">=": lambda found, wanted: found >= wanted,
}


@dataclass(frozen=True, slots=True)
class _Clause:
    """One condition; `kind` is one of the words of `FIELDS`."""

    path: tuple[str, ...]
    kind: str
    operator: str
    wanted: str | None
    is_negated: bool

    def accepts(self, row: Json) -> bool:
        found: Any = row
        for step in self.path:
            found = found.get(step) if isinstance(found, dict) else None
        return self._fits(found) != self.is_negated

    def _fits(self, found: Any) -> bool:
        if found is None or self.wanted is None:
            return found is None and self.wanted is None
        if self.kind == NUMBER:
            return _COMPARE[self.operator](float(found), float(self.wanted))
        has, wants = str(found).lower(), self.wanted.lower()
        return wants in has if self.operator == "~" else has == wants


def searched(storage: Storage, kind: str, params: Json, url: str) -> Json:
    """Return one page of the objects of a kind that `params["query"]` finds, the newest first."""
    accepts = _parsed(params["query"], FIELDS[kind])
    limit = check_limit(params)
    rows = [row for row in storage.newest_first(kind) if not row.get("deleted") and accepts(row)]
    start = _start(rows, params.get("page"))
    found, has_more = rows[start : start + limit], len(rows) > start + limit
    return {
        "object": "search_result",
        "data": found,
        "has_more": has_more,
        "next_page": found[-1]["id"] if has_more else None,
        "url": url,
    }


def _start(rows: list[Json], page: str | None) -> int:
    """Return where a page begins: after the object that `next_page` named."""
    if page is None:
        return 0
    for index, row in enumerate(rows):
        if row["id"] == page:
            return index + 1
    raise invalid("Invalid page: pass the next_page of the page before, unchanged.", "page")


def _parsed(query: str, fields: dict[str, str]) -> Callable[[Json], bool]:
    """Return the test that an object passes when the query finds it; raise the 400 otherwise."""
    words = set[str]()
    clauses = list(_clauses(query.strip(), fields, words))
    if len(clauses) > _MOST_CLAUSES:
        raise _refused(f"a query has up to {_MOST_CLAUSES} clauses")
    if words == {"AND", "OR"}:
        raise _refused("AND and OR cannot be used in one query")
    joined = any if "OR" in words else all
    return lambda row: joined(clause.accepts(row) for clause in clauses)


def _clauses(query: str, fields: dict[str, str], words: set[str]) -> Iterator[_Clause]:
    """Yield the clauses; the words between them go to `words`."""
    at = 0
    while True:
        match = _CLAUSE.match(query, at)
        if match is None:
            raise _refused(f"a clause was expected at {query[at : at + 20]!r}")
        yield _clause(match, fields)
        at = match.end()
        if at == len(query):
            return
        joint = _JOINT.match(query, at)
        if joint is None:
            raise _refused(f"a space was expected before {query[at : at + 20]!r}")
        words.add((joint["word"] or "AND").upper())
        at = joint.end()


def _clause(match: re.Match[str], fields: dict[str, str]) -> _Clause:
    field, operator = match["field"], match["operator"]
    if field not in fields or (field == "metadata") != (match["key"] is not None):
        known = ", ".join(sorted(fields))
        raise _refused(f"field `{field}` cannot be searched for; these can: {known}")
    kind = fields[field]
    allowed = {NUMBER: _COMPARE, STRING: ":~"}.get(kind, ":")
    if operator not in allowed:
        raise _refused(f"operator `{operator}` is not supported for field `{field}`")
    path = (*field.split("."), *([_unquoted(match["key"])] if match["key"] else []))
    return _Clause(
        path, kind, operator, _value(match["value"], kind, operator), bool(match["minus"])
    )


def _value(text: str, kind: str, operator: str) -> str | None:
    if text == "null" and operator == ":":
        return None
    value = _unquoted(text)
    if kind == NUMBER and not _NUMBER.match(value):
        raise _refused(f"`{value}` is not a number")
    if kind in {TOKEN, STRING} and value == text:
        raise _refused(f"`{text}` needs quotes")
    if operator == "~" and len(value) < _SHORTEST_PART:
        raise _refused(f"`{value}` is shorter than {_SHORTEST_PART} characters")
    return value


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] in "\"'" else text


def _refused(why: str) -> StripeError:
    return invalid(f"We were unable to parse your search query: {why}.", "query")
