"""What a tester can pay with: for each method, values to fill in and what they do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from stripe_sandbox.resources.cards import CARDS
from stripe_sandbox.resources.ibans import IBANS

_AMEX_LENGTH = 15
_CARDS_OFFERED = {
    "succeed", "declined", "insufficient_funds", "expired", "incorrect_cvc", "authenticate",
    "authenticate_and_decline", "dispute", "refund_fails",
}  # fmt: skip
_IBANS_OFFERED = ("succeed", "succeed_slowly", "fail", "insufficient_funds", "dispute")
_JENNY = {"name": "Jenny Rosen", "email": "jenny.rosen@example.com"}
"""The customer of Stripe's own examples."""


@dataclass(frozen=True, slots=True)
class TestValue:
    """One value that the pages offer: a card's number or an IBAN, and its behaviour's name."""

    value: str
    behaviour: str
    fills: Mapping[str, str]

    @property
    def written(self) -> str:
        """The value in groups of four."""
        return " ".join(self.value[at : at + 4] for at in range(0, len(self.value), 4))

    @property
    def as_json(self) -> str:
        """What fills the form, for the page's script."""
        return json.dumps(dict(self.fills))


def _card(number: str, behaviour: str) -> TestValue:
    cvc = "1234" if len(number) == _AMEX_LENGTH else "123"
    return TestValue(number, behaviour, {"number": number, "expiry": "12 / 34", "cvc": cvc})


TEST_CARDS = [
    _card(next(card.number for card in CARDS if card.behaviour == behaviour), behaviour)
    for behaviour in dict.fromkeys(card.behaviour for card in CARDS)
]
"""For each behaviour the first card that has it."""
TEST_IBANS = {
    behaviour: TestValue(iban.number, f"debit_{behaviour}", {"iban": iban.number, **_JENNY})
    for iban in reversed(IBANS)
    if (behaviour := f"{iban.behaviour}_slowly" if iban.is_slow else iban.behaviour)
}
"""By behaviour, the first account that has it."""
TEST_VALUES: Mapping[str, list[TestValue]] = {
    "card": [card for card in TEST_CARDS if card.behaviour in _CARDS_OFFERED],
    "sepa_debit": [TEST_IBANS[behaviour] for behaviour in _IBANS_OFFERED],
}
"""What a payment form offers: not all, but what a shop has to cope with."""
