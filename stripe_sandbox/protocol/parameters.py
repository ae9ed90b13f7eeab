"""Request parameters against the types that the SDK declares for them.

A tree of `shapes.json` becomes a reader: a function that turns a form's strings into values, or
raises the 400 that Stripe would answer. Each part of a tree is read by one reader, made when the
first request needs it.
"""

import re
from collections.abc import Callable
from typing import Any

from stripe_sandbox.protocol.errors import StripeError, invalid, lacking, required
from stripe_sandbox.protocol.shapes import Json

ALWAYS_TAKEN = ("expand", "limit", "starting_after", "ending_before", "created")
"""What the transport and the lists honour for every endpoint whose tree has it."""

_INTEGER = re.compile(r"\A-?[0-9]{1,18}\Z")
_INDEX = re.compile(r"\A[0-9]{1,9}\Z")
_NUMBER = re.compile(r"\A-?[0-9]+(\.[0-9]+)?\Z")
_OFF = ("", "false")

Reader = Callable[[Any, str], Any]
"""(value, the parameter's name) → the value converted."""


class HashReader:
    """Reads a hash with known names: integers, booleans, lists and hashes in place of strings.

    A parameter that may be unset and was sent empty becomes None. What is unknown, missing or of
    the wrong type is a 400 that names the parameter as Stripe does. With `takes`, a parameter that
    Stripe knows and that isn't among these words ("amount card.token") is a 501, unless it is sent
    as false or empty: nothing is ignored in silence.
    """

    def __init__(self, tree: Json, takes: str | None = None) -> None:
        self._kinds = {name.rstrip("!"): kind for name, kind in tree.items() if name != "=rest"}
        self._required = [name[:-1] for name in tree if name.endswith("!")]
        self._is_open = "=rest" in tree
        self._taken = None if takes is None else _taken(takes)
        self._readers: dict[str, Reader] = {}

    def __call__(self, given: Json, prefix: str = "") -> Json:
        """Return `given`, converted; `prefix` is the name of the hash it stands in."""
        if not self._is_open and not given.keys() <= self._kinds.keys():
            raise self._unknown(given, prefix)
        for name in self._required:
            if name not in given:
                raise required(_named(prefix, name))
        read = self._readers
        return {
            name: (read.get(name) or self._reader(name))(value, _named(prefix, name))
            for name, value in given.items()
        }

    def _reader(self, name: str) -> Reader:
        kind = self._kinds.get(name, "anything")
        if self._taken is None or name in ALWAYS_TAKEN or self._is_open:
            reader = reader_of(kind)
        elif name not in self._taken:
            reader = _refusing(reader_of(kind))
        else:
            reader = reader_of(kind, " ".join(self._taken[name]) or None)
        self._readers[name] = reader
        return reader

    def _unknown(self, given: Json, prefix: str) -> StripeError:
        names = [_named(prefix, name) for name in given if name not in self._kinds]
        plural = "s" if len(names) > 1 else ""
        message = f"Received unknown parameter{plural}: {', '.join(names)}"
        return invalid(message, names[0], "parameter_unknown")


def reader_of(kind: Any, takes: str | None = None) -> Reader:
    """Return the reader of a parameter's type, as `protocol.shapes` describes them."""
    match kind:
        case "anything":
            return lambda value, _: value
        case str():
            read = _SCALARS[kind]
        case [member]:
            read = _list_of(reader_of(member, takes))
        case {"=any": members}:
            read = _first_that_fits([(one, reader_of(one, takes)) for one in members])
        case {"=enum": words}:
            read = _one_of(words)
        case {"=map": member}:
            read = _map_of(reader_of(member))
        case _:
            read = _hash_of(HashReader(kind, takes))
    may_be_unset = kind == "empty" or (isinstance(kind, dict) and "empty" in kind.get("=any", []))
    return _unless_empty(read, may_be_unset=may_be_unset)


def _taken(takes: str) -> dict[str, list[str]]:
    """Return the names among `takes`, each with what is taken of the hash behind it."""
    names: dict[str, list[str]] = {}
    for word in takes.split():
        name, _, rest = word.partition(".")
        names.setdefault(name, []).extend([rest] if rest else [])
    return names


def _named(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def _refusing(read: Reader) -> Reader:
    def refused(value: Any, param: str) -> Any:
        converted = read(value, param)
        if _is_off(value):
            return converted
        raise lacking(param)

    return refused


def _is_off(value: Any) -> bool:
    """Whether a parameter that we lack asks for nothing: empty, false, or a hash of such."""
    if isinstance(value, dict):
        return all(_is_off(one) for one in value.values())
    return value in _OFF


def _unless_empty(read: Reader, *, may_be_unset: bool) -> Reader:
    def unless_empty(value: Any, param: str) -> Any:
        if value != "":
            return read(value, param)
        if may_be_unset:
            return None
        raise invalid(
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{param}' cannot be unset. You should remove '{param}' "
            "from your request or supply a non-empty value.",
            param,
            "parameter_invalid_empty",
        )

    return unless_empty


def _hash_of(read: Callable[[Json, str], Json]) -> Reader:
    def hash_of(value: Any, param: str) -> Json:
        if isinstance(value, dict):
            return read(value, param)
        raise invalid("Invalid object", param)

    return hash_of


def _map_of(read: Reader) -> Reader:
    """Return the reader of a hash with names of the caller's; "" stays and unsets its name."""

    def map_of(given: Json, param: str) -> Json:
        return {name: value and read(value, _named(param, name)) for name, value in given.items()}

    return _hash_of(map_of)


def _list_of(read: Reader) -> Reader:
    def list_of(value: Any, param: str) -> list[Any]:
        if not isinstance(value, dict) or not all(map(_INDEX.match, value)):
            raise invalid("Invalid array", param)
        ordered = sorted(value.items(), key=lambda item: int(item[0]))
        return [read(one, f"{param}[{index}]") for index, one in ordered]

    return list_of


def _first_that_fits(readers: list[tuple[Any, Reader]]) -> Reader:
    """Return a reader that takes what the first kind takes; it blames the one of its shape."""

    def first_that_fits(value: Any, param: str) -> Any:
        failure = invalid(f"Invalid value: {param}", param)
        for kind, read in readers:
            try:
                return read(value, param)
            except StripeError as error:
                if isinstance(value, dict) != isinstance(kind, str):
                    failure = error
        raise failure

    return first_that_fits


def _one_of(words: list[str]) -> Reader:
    known = frozenset(words)
    choice = words[0] if len(words) == 1 else f"{', '.join(words[:-1])}, or {words[-1]}"

    def one_of(value: Any, param: str) -> Any:
        if isinstance(value, str) and (value in known or _is_family(value, known)):
            return value
        raise invalid(f"Invalid {param}: must be one of {choice}", param)

    return one_of


def _is_family(value: str, words: frozenset[str]) -> bool:
    """Whether `charge.*` stands for some of these event types. Stripe takes `*` alone."""
    is_wildcard = "*" in words and value.endswith(".*")
    return is_wildcard and any(word.startswith(value[:-1]) for word in words)


def _string(value: Any, param: str) -> str:
    if isinstance(value, str):
        return value
    raise invalid("Invalid string: a hash was given", param)


def _integer(value: Any, param: str) -> int:
    if isinstance(value, str) and _INTEGER.match(value):
        return int(value)
    raise invalid(f"Invalid integer: {value}", param, "parameter_invalid_integer")


def _number(value: Any, param: str) -> str:
    if isinstance(value, str) and _NUMBER.match(value):
        return value
    raise invalid(f"Invalid decimal: {value}", param)


def _boolean(value: Any, param: str) -> bool:
    if isinstance(value, str) and value in {"true", "false"}:
        return value == "true"
    raise invalid(f"Invalid boolean: {value}", param)


def _nothing(value: Any, param: str) -> None:
    raise invalid(f"Invalid value: {value}", param)


_SCALARS: dict[str, Reader] = {
    "boolean": _boolean,
    "empty": _nothing,
    "integer": _integer,
    "number": _number,
    "string": _string,
}
