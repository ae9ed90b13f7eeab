"""Card numbers and secrets: masked before they are kept or shown."""

import re
from typing import Any

from flask import Request

_HIDDEN = "••••"
_SECRET_FIELDS = {"client_secret", "cvc", "iban", "key", "number", "secret", "account_number"}
_IN_A_FORM = re.compile(
    r"((?:^|[&\[]|%5B)(?:account_number|client_secret|cvc|iban|key|number)(?:\]|%5D)?=)[^&]*",
    re.IGNORECASE,
)
_LONGEST = 8000


def masked_form(request: Request) -> str:
    """Return the parameters of a request as they were sent, without what must not be kept."""
    sent = [request.query_string, request.get_data(cache=True) if request.method == "POST" else b""]
    text = "&".join(part.decode("utf-8", "replace") for part in sent if part)
    return _IN_A_FORM.sub(rf"\1{_HIDDEN}", text[:_LONGEST])


def masked(value: Any) -> Any:
    """Return JSON with every secret in it masked."""
    if isinstance(value, dict):
        return {name: _masked_field(name, inner) for name, inner in value.items()}
    return [masked(inner) for inner in value] if isinstance(value, list) else value


def _masked_field(name: str, value: Any) -> Any:
    if name in _SECRET_FIELDS and isinstance(value, str):
        return (
            value.partition("_secret_")[0] + "_secret_" + _HIDDEN
            if "_secret_" in value
            else _HIDDEN
        )
    return masked(value)
