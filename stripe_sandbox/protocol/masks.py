"""Card numbers and secrets: masked before they are kept, logged or shown."""

import re
from typing import Any
from urllib.parse import parse_qsl

from flask import Request

_HIDDEN = "••••"
_SECRET_FIELDS = {"client_secret", "cvc", "iban", "key", "number", "secret", "account_number"}
_FORMS = {"", "application/x-www-form-urlencoded"}
_NAMES = re.compile(r"[^\[\]]+")
_DIGITS = re.compile(r"\d(?:[ -]?\d){11,18}(?!\d)")
_LONGEST = 8000


def masked_form(request: Request) -> list[str]:
    """Return the parameters of a request as `name=value`, without what must not be kept."""
    body = request.get_data() if request.method == "POST" and request.mimetype in _FORMS else b""
    text = "&".join(
        part.decode("utf-8", "replace") for part in (request.query_string, body) if part
    )
    if len(text) > _LONGEST:  # half a number would not be known for one
        text = text[:_LONGEST].rpartition("&")[0]
    return [_masked_pair(*pair) for pair in parse_qsl(text, keep_blank_values=True)]


def masked(value: Any) -> Any:
    """Return JSON with every secret and every card number in it masked."""
    if isinstance(value, dict):
        return {name: _masked_field(name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return without_numbers(value) if isinstance(value, str) else value


def without_numbers(text: str) -> str:
    """Return a text with everything masked that may be the number of a card."""
    return _DIGITS.sub(lambda found: _HIDDEN if is_luhn_valid(found[0]) else found[0], text)


def is_luhn_valid(text: str) -> bool:
    """Whether the digits in a text have the check digit of a card's number."""
    digits = [int(each) for each in reversed(text) if each.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _masked_pair(name: str, value: str) -> str:
    is_secret = not _SECRET_FIELDS.isdisjoint(_NAMES.findall(name.lower()))
    return f"{without_numbers(name)}={_HIDDEN if is_secret else without_numbers(value)}"


def _masked_field(name: str, value: Any) -> Any:
    if name in _SECRET_FIELDS and isinstance(value, str):
        return (
            value.partition("_secret_")[0] + "_secret_" + _HIDDEN
            if "_secret_" in value
            else _HIDDEN
        )
    return masked(value)
