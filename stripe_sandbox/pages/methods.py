"""The ways to pay that the pages offer: the fields of each, and what the API gets of them."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.resources.method_types import METHOD_TYPES

_MONTH_AND_YEAR = re.compile(r"\A([0-9]{1,2})\D*([0-9]{2}|[0-9]{4})\Z")
_IN_BRACKETS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Field:
    """One input. Its name is the name of its label among the words, too."""

    name: str
    autocomplete: str
    example: str = ""
    inputmode: str = "text"
    is_billing_detail: bool = False


_NAME = Field("name", "name", is_billing_detail=True)
_EMAIL = Field("email", "email", inputmode="email", is_billing_detail=True)
FIELDS: Mapping[str, tuple[Field, ...]] = {
    "card": (
        Field("number", "cc-number", "1234 1234 1234 1234", "numeric"),
        Field("expiry", "cc-exp", "12 / 34", "numeric"),
        Field("cvc", "cc-csc", "123", "numeric"),
    ),
    "ideal": (),
    "sepa_debit": (Field("iban", "off", "DE00 0000 0000 0000 0000 00"), _NAME, _EMAIL),
}
"""The fields of each method, in Stripe's order of the methods. One without fields redirects."""

CURRENCIES = {name: [kind.currency] for name, kind in METHOD_TYPES.items() if kind.currency}
"""The currencies of the methods that don't take them all."""


def offered(types: Iterable[str]) -> list[str]:
    """Return those of these payment method types that the pages can take, in the pages' order."""
    known = set(types)
    return [method for method in FIELDS if method in known] or ["card"]


def filled_in(form: Mapping[str, str]) -> dict[str, str]:
    """Return what was filled in, for every field of every method, and the e-mail address."""
    return {name: form.get(name, "").strip() for name in sorted(_names())}


def lacking(method: str, filled: Mapping[str, str]) -> Json | None:
    """Return an error that blames a billing detail which this method needs and nobody gave."""
    empty = [field.name for field in FIELDS[method] if field is _NAME and not filled[field.name]]
    return {"code": f"incomplete_{empty[0]}", "param": empty[0]} if empty else None


def payment_method_data(method: str, filled: Mapping[str, str], email: str) -> Json:
    """Return a filled form in the API's words; the API says what is wrong with it."""
    written = {name: unicodedata.normalize("NFKC", text) for name, text in filled.items()}
    details = {"email": email}
    if any(field is _NAME for field in FIELDS[method]):
        details["name"] = written["name"]
    return {"type": method, method: _DETAILS[method](written), "billing_details": details}


def field_blamed(error: Json | None) -> str | None:
    """Return the name of the field that an error blames, if it blames one that we have."""
    parts = _IN_BRACKETS.findall((error or {}).get("param") or "")
    field = parts[-1] if parts else ""
    field = "expiry" if field.startswith("exp_") else field
    return field if field in _names() else None


def _names() -> set[str]:
    return {field.name for fields in FIELDS.values() for field in fields}


def _card(written: Mapping[str, str]) -> Json:
    expiry = _MONTH_AND_YEAR.match(written["expiry"])
    month, year = (int(expiry[1]), int(expiry[2])) if expiry else (0, 0)
    return {
        "number": re.sub(r"[\s-]", "", written["number"]),
        "exp_month": month,
        "exp_year": year,
        "cvc": written["cvc"],
    }


def _sepa_debit(written: Mapping[str, str]) -> Json:
    return {"iban": re.sub(r"[\s-]", "", written["iban"]).upper()}


_DETAILS: Mapping[str, Callable[[Mapping[str, str]], Json]] = {
    "card": _card,
    "ideal": lambda _: {},
    "sepa_debit": _sepa_debit,
}
