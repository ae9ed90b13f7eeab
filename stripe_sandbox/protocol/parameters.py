"""Request parameters against the types that the SDK declares for them."""

import re
from collections.abc import Callable
from typing import Any

from stripe_sandbox.protocol.errors import StripeError, invalid, required
from stripe_sandbox.protocol.shapes import Json

_INTEGER = re.compile(r"\A-?[0-9]{1,18}\Z")
_NUMBER = re.compile(r"\A-?[0-9]+(\.[0-9]+)?\Z")


def checked(tree: Json, given: Json, prefix: str = "") -> Json:
    """Return `given` with integers, booleans, lists and hashes in place of their strings.

    A parameter that may be unset and was sent empty is None. Raises the 400 that Stripe would
    answer for what is unknown, missing or of the wrong type, naming the parameter as Stripe does.
    """
    known = {name.rstrip("!"): kind for name, kind in tree.items()}
    unknown = [_named(prefix, name) for name in given if name not in known]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise invalid(
            f"Received unknown parameter{plural}: {', '.join(unknown)}",
            unknown[0],
            "parameter_unknown",
        )
    for name in tree:
        if name.endswith("!") and name[:-1] not in given:
            raise required(_named(prefix, name[:-1]))
    return {
        name: _converted(known[name], value, _named(prefix, name)) for name, value in given.items()
    }


def _named(prefix: str, name: str) -> str:
    return f"{prefix}[{name}]" if prefix else name


def _converted(kind: Any, value: Any, param: str) -> Any:
    if value == "":
        return _emptied(kind, param)
    match kind:
        case str():
            converted: Any = _SCALARS[kind](value, param)
        case [member]:
            converted = _list(member, value, param)
        case {"=any": members}:
            converted = _first_that_fits(members, value, param)
        case {"=enum": words}:
            converted = _word(words, value, param)
        case {"=map": member}:
            converted = _map(member, _hash(value, param), param)
        case _:
            converted = checked(kind, _hash(value, param), param)
    return converted


def _hash(value: Any, param: str) -> Json:
    if isinstance(value, dict):
        return value
    raise invalid("Invalid object", param)


def _map(kind: Any, given: Json, param: str) -> Json:
    """Return a hash with names of the caller's; an empty value stays "" and unsets its name."""
    return {
        name: value and _converted(kind, value, _named(param, name))
        for name, value in given.items()
    }


def _emptied(kind: Any, param: str) -> None:
    if kind == "empty" or (isinstance(kind, dict) and "empty" in kind.get("=any", [])):
        return
    raise invalid(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{param}' cannot be unset. You should remove '{param}' from your "
        "request or supply a non-empty value.",
        param,
        "parameter_invalid_empty",
    )


def _first_that_fits(kinds: list[Any], value: Any, param: str) -> Any:
    """Return the value as the first kind that takes it; blame the one that has its shape."""
    failure = invalid(f"Invalid value: {param}", param)
    for kind in kinds:
        try:
            return _converted(kind, value, param)
        except StripeError as error:
            if isinstance(value, dict) != isinstance(kind, str):
                failure = error
    raise failure


def _list(kind: Any, value: Any, param: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
        raise invalid("Invalid array", param)
    ordered = sorted(value.items(), key=lambda item: int(item[0]))
    return [_converted(kind, one, f"{param}[{index}]") for index, one in ordered]


def _word(words: list[str], value: Any, param: str) -> Any:
    if value in words:
        return value
    choice = words[0] if len(words) == 1 else f"{', '.join(words[:-1])}, or {words[-1]}"
    raise invalid(f"Invalid {param}: must be one of {choice}", param)


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
    if value in {"true", "false"}:
        return bool(value == "true")
    raise invalid(f"Invalid boolean: {value}", param)


def _nothing(value: Any, param: str) -> None:
    raise invalid(f"Invalid value: {value}", param)


_SCALARS: dict[str, Callable[[Any, str], Any]] = {
    "boolean": _boolean,
    "empty": _nothing,
    "integer": _integer,
    "number": _number,
    "string": _string,
}
