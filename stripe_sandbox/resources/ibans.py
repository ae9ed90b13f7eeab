"""The test IBANs, as a table: how a SEPA debit of each of them ends, and when."""

import re
from dataclasses import dataclass

SLOWLY = 180
"""Seconds that a slow account takes at the least, as in Stripe's test mode."""


@dataclass(frozen=True, slots=True)
class Iban:
    """A test account. `behaviour` is succeed, dispute or a key of `FAILED_DEBITS`."""

    number: str
    behaviour: str = "succeed"
    is_slow: bool = False

    @property
    def country(self) -> str:
        """The country of the account's bank, ISO 3166."""
        return self.number[:2]

    @property
    def bank_code(self) -> str:
        """The bank's own number inside the IBAN, where the sandbox knows how long it is."""
        return self.number[4 : 4 + _BANK_CODE_LENGTHS.get(self.country, 4)]


_BANK_CODE_LENGTHS = {"AT": 5, "BE": 3, "DE": 8, "FR": 5, "IE": 4}
_SCENARIOS = (
    ("success", "succeed", False),
    ("successDelayed", "succeed", True),
    ("failed", "fail", False),
    ("failedDelayed", "fail", True),
    ("disputed", "dispute", False),
    ("exceedsWeeklyVolumeLimit", "exceeds_source_limit", False),
    ("exceedsWeeklyTransactionLimit", "exceeds_weekly_limit", False),
    ("insufficientFunds", "insufficient_funds", False),
)
_NUMBERS = {
    "at": "AT611904300234573201 AT321904300235473204 AT861904300235473202 AT051904300235473205 "
    "AT591904300235473203 AT981904300000343434 AT601904300000121212 AT981904300002222227",
    "be": "BE62510007547061 BE78510007547064 BE68539007547034 BE51510007547065 "
    "BE08510007547063 BE90510000343434 BE52510000121212 BE90510002222227",
    "de": "DE89370400440532013000 DE08370400440532013003 DE62370400440532013001 "
    "DE78370400440532013004 DE35370400440532013002 DE65370400440000343434 "
    "DE27370400440000121212 DE65370400440002222227",
    "fr": "FR1420041010050500013M02606 FR3020041010050500013M02609 FR8420041010050500013M02607 "
    "FR7920041010050500013M02600 FR5720041010050500013M02608 FR9720041010050000000343434 "
    "FR5920041010050000000121212 FR9720041010050000002222227",
    "ie": "IE29AIBK93115212345678 IE24AIBK93115212345671 IE02AIBK93115212345679 "
    "IE94AIBK93115212345672 IE51AIBK93115212345670 IE10AIBK93115200343434 "
    "IE69AIBK93115200121212 IE10AIBK93115202222227",
}
_BY_TOKEN = {
    f"pm_sepaDebit_{name}_{country}": Iban(number, behaviour, is_slow)
    for country, numbers in _NUMBERS.items()
    for (name, behaviour, is_slow), number in zip(_SCENARIOS, numbers.split(), strict=True)
}

IBANS = (*_BY_TOKEN.values(), Iban("IT60X0542811101000000123456", "fail"))
"""Every account whose number decides what happens; any other valid one pays."""

_BY_NUMBER = {iban.number: iban for iban in IBANS}
_SEPA = (
    "AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT "
    "RO SE SI SK SM VA"
)
_SHAPE = re.compile(r"\A[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\Z")


def by_iban(text: str) -> Iban | None:
    """Return the account with this number, spaces or none; None for what is no IBAN in SEPA."""
    number = re.sub(r"\s", "", text).upper()
    if known := _BY_NUMBER.get(number):
        return known
    is_valid = _SHAPE.match(number) and number[:2] in _SEPA.split() and _remainder(number) == 1
    return Iban(number) if is_valid else None


def by_payment_method(name: str) -> Iban | None:
    """Return the account behind `pm_sepaDebit_success_at` and its like."""
    return _BY_TOKEN.get(name)


def _remainder(number: str) -> int:
    """Return the ISO 13616 check: 1 for a number that was written correctly."""
    digits = "".join(str(int(character, 36)) for character in number[4:] + number[:4])
    return int(digits) % 97
