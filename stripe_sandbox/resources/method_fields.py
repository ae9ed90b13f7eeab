"""A payment method's fields out of the parameters that ask for it, and how it behaves.

The number of a card or an account is never kept: only its last four digits and a fingerprint.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from stripe_sandbox.protocol.errors import StripeError, invalid, missing, required
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.resources import cards, ibans
from stripe_sandbox.resources.cards import Card
from stripe_sandbox.resources.ibans import Iban

_CVC_LENGTHS = {3, 4}
_CVC_FAILS = {"incorrect_cvc", "cvc_check_fails"}
_MONTHS = 12
_YEARS_AHEAD = 50


@dataclass(frozen=True, slots=True)
class Details:
    """What is behind a payment method: its part of the object, and how it behaves when used."""

    fields: Json
    behaviour: str = "succeed"
    is_slow: bool = False


def details_of(data: Json, param: str, now: int) -> Details:
    """Return what `{"type": "card", "card": {…}}` describes.

    Raises 402 for a card that the shopper mistyped, 400 for what a program got wrong, and 501 for a
    type that the sandbox doesn't have.
    """
    kind = data["type"]
    if kind not in _READERS:
        raise StripeError(
            f"The sandbox has no payment methods of type {kind}.",
            kind="api_error",
            param=_named(param, "type"),
            status=501,
        )
    given = data.get(kind)
    if not given and kind != "ideal":
        raise required(_named(param, kind))
    return _READERS[kind](given or {}, _named(param, kind), now)


def details_behind(name: str, now: int) -> tuple[str, Details] | None:
    """Return the type and details of `pm_card_visa`, `pm_sepaDebit_success_de` and their like.

    Raises 501 for a name that reads like one of Stripe's cards and is none of the sandbox's.
    """
    if name.startswith("pm_card_"):
        return "card", _of_card(_card_behind(name, "payment_method"), _next_year(now))
    if iban := ibans.by_payment_method(name):
        return "sepa_debit", _of_iban(iban)
    return None


def billing_details(given: Json | None, known: Json | None = None) -> Json:
    """Return billing details in full: those `known`, changed by those `given`."""
    known = known or blank("payment_method.billing_details")
    given = given or {}
    address = {
        **blank("payment_method.billing_details.address"),
        **(known["address"] or {}),
        **(given.get("address") or {}),
    }
    return {**known, **given, "address": address}


def checked_expiry(month: int, year: int, now: int) -> tuple[int, int]:
    """Return (month, year in full), or raise the 402 that names the field to correct."""
    today = datetime.fromtimestamp(now, UTC)
    year += 2000 if year < 100 else 0  # noqa: PLR2004
    if not today.year <= year <= today.year + _YEARS_AHEAD:
        raise _wrong("exp_year", "invalid_expiry_year", "Your card's expiration year is invalid.")
    if not 1 <= month <= _MONTHS or (year, month) < (today.year, today.month):
        raise _wrong(
            "exp_month", "invalid_expiry_month", "Your card's expiration month is invalid."
        )
    return month, year


def _card(given: Json, param: str, now: int) -> Details:
    if token := given.get("token"):
        if not token.startswith("tok_"):
            raise missing("token", token, f"{param}[token]", 400)
        return _of_card(_card_behind(token, f"{param}[token]"), _next_year(now))
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise required(f"{param}[{name}]")
    card = cards.by_number(given["number"].replace(" ", ""))
    if card is None:
        raise _wrong("number", "incorrect_number", "Your card number is incorrect.")
    expiry = checked_expiry(given["exp_month"], given["exp_year"], now)
    cvc = given.get("cvc", "123")
    if not (cvc.isascii() and cvc.isdecimal() and len(cvc) in _CVC_LENGTHS):
        raise _wrong("cvc", "invalid_cvc", "Your card's security code is invalid.")
    return _of_card(card, expiry)


def _card_behind(name: str, param: str) -> Card:
    if card := cards.by_payment_method(name):
        return card
    message = f"The sandbox has no test card called {name}."
    raise StripeError(message, kind="api_error", param=param, status=501)


def _sepa_debit(given: Json, param: str, now: int) -> Details:  # noqa: ARG001
    iban = ibans.by_iban(given["iban"])
    if iban is None:
        raise invalid(
            "The IBAN you provided is invalid.", f"{param}[iban]", "invalid_bank_account_iban"
        )
    return _of_iban(iban)


def _ideal(given: Json, param: str, now: int) -> Details:  # noqa: ARG001
    return Details(blank("payment_method.ideal", **given))


_READERS: dict[str, Callable[[Json, str, int], Details]] = {
    "card": _card,
    "ideal": _ideal,
    "sepa_debit": _sepa_debit,
}


def _of_card(card: Card, expiry: tuple[int, int]) -> Details:
    month, year = expiry
    checks = {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "fail" if card.behaviour in _CVC_FAILS else "pass",
    }
    fields = blank(
        "payment_method.card",
        brand=card.brand,
        checks=checks,
        country=card.country,
        display_brand=card.brand,
        exp_month=month,
        exp_year=year,
        fingerprint=_fingerprint(card.number),
        funding=card.funding,
        last4=card.number[-4:],
        networks={"available": [card.brand], "preferred": None},
        regulated_status="unregulated",
        three_d_secure_usage={"supported": True},
    )
    return Details(fields, card.behaviour)


def _of_iban(iban: Iban) -> Details:
    fields = blank(
        "payment_method.sepa_debit",
        bank_code=iban.bank_code,
        country=iban.country,
        fingerprint=_fingerprint(iban.number),
        generated_from={"charge": None, "setup_attempt": None},
        last4=iban.number[-4:],
    )
    return Details(fields, iban.behaviour, iban.is_slow)


def _fingerprint(number: str) -> str:
    return hashlib.sha256(f"sandbox {number}".encode()).hexdigest()[:16]


def _next_year(now: int) -> tuple[int, int]:
    today = datetime.fromtimestamp(now, UTC)
    return today.month, today.year + 1


def _named(param: str, name: str) -> str:
    return f"{param}[{name}]" if param else name


def _wrong(param: str, code: str, message: str) -> StripeError:
    return StripeError(message, code=code, param=param, kind="card_error")
