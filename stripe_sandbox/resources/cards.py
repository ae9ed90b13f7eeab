"""The test cards, as a table: what each number, token and `pm_card_…` does when it is charged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    """What Stripe answers with 402. `code` is None where the shopper must authenticate instead."""

    code: str
    decline_code: str
    message: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A test card. `behaviour` is a key of `DECLINES`, or succeed, authenticate or dispute."""

    number: str
    brand: str = "visa"
    behaviour: str = "succeed"
    alias: str = ""
    country: str = "US"


DECLINES = {
    "declined": Decline(
        "card_declined", "generic_decline", "Your card was declined.", "try_again_later"
    ),
    "insufficient_funds": Decline(
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
        "try_again_later",
    ),
    "expired": Decline(
        "expired_card", "expired_card", "Your card has expired.", "do_not_try_again"
    ),
    "incorrect_cvc": Decline(
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
        "confirm_card_data",
    ),
    "not_a_test_card": Decline(
        "card_declined",
        "test_mode_live_card",
        "Your card was declined. Your request was in test mode, but used a non test (live) card. "
        "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
    ),
}

CARDS = (
    Card("4242424242424242", alias="visa"),
    Card("5555555555554444", "mastercard", alias="mastercard"),
    Card("378282246310005", "amex", alias="amex"),
    Card("4000000000000002", behaviour="declined", alias="chargeDeclined"),
    Card(
        "4000000000009995",
        behaviour="insufficient_funds",
        alias="chargeDeclinedInsufficientFunds",
    ),
    Card("4000000000000069", behaviour="expired", alias="chargeDeclinedExpiredCard"),
    Card("4000000000000127", behaviour="incorrect_cvc", alias="chargeDeclinedIncorrectCvc"),
    Card("4000002760003184", behaviour="authenticate", alias="authenticationRequired"),
    Card(
        "4000002500003155",
        behaviour="authenticate",
        alias="authenticationRequiredOnSetup",
        country="IE",
    ),
    Card("4000000000003220", behaviour="authenticate", alias="threeDSecure2Required"),
    Card("4000000000000259", behaviour="dispute", alias="createDispute"),
    Card("4000000000001976", behaviour="dispute", alias="createDisputeInquiry"),
)

_BY_NUMBER = {card.number: card for card in CARDS}
_BY_TOKEN = {card.alias: card for card in CARDS}
_LENGTHS = range(12, 20)
_BRANDS = (("34", "amex"), ("37", "amex"), ("4", "visa"), ("5", "mastercard"), ("2", "mastercard"))


def by_number(number: str) -> Card | None:
    """Return the card with this number; a well-formed number that is no test card is declined.

    None for what is no card number at all.
    """
    if known := _BY_NUMBER.get(number):
        return known
    if not (number.isascii() and number.isdecimal() and len(number) in _LENGTHS):
        return None
    if not _is_luhn_valid(number):
        return None
    brand = next((name for prefix, name in _BRANDS if number.startswith(prefix)), "unknown")
    return Card(number, brand, "not_a_test_card")


def by_payment_method(name: str) -> Card | None:
    """Return the card behind `pm_card_visa`, `pm_card_visa_chargeDeclined` or `tok_visa`."""
    token = name.removeprefix("pm_card_").removeprefix("tok_")
    return _BY_TOKEN.get(token) or _BY_TOKEN.get(token.removeprefix("visa_"))


def _is_luhn_valid(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
