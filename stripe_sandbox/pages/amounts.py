"""How the pages write amounts of money."""

import re
from copy import copy
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from stripe_sandbox.resources.currencies import THREE_DECIMAL, ZERO_DECIMAL

if TYPE_CHECKING:
    from babel import Locale

_LOCALES = {"en": "en_US", "zh-TW": "zh_Hant_TW"}


def amount_shown(amount: int, currency: str, speech: str) -> str:
    """Return an amount of minor units as people read it, with as many decimals as Stripe charges.

    Whole New Taiwan dollars are written without decimals, though Stripe counts in cents.
    """
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    value = Decimal(amount).scaleb(-decimals)
    if currency == "twd" and value == value.to_integral():
        decimals = 0
    locale = _locale(speech)
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    shown = pattern.apply(value, locale, currency=currency.upper(), currency_digits=False)
    return re.sub(r"(?<=[A-Z])(?=[0-9])", "\N{NO-BREAK SPACE}", shown)


@cache
def _locale(speech: str) -> "Locale":
    from babel import Locale  # noqa: PLC0415 - it takes its time, and most programs see no page

    return Locale.parse(_LOCALES[speech])
