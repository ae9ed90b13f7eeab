"""How the pages write amounts of money."""

import re
from copy import copy
from decimal import Decimal

from babel import Locale

from stripe_sandbox.resources.currencies import THREE_DECIMAL, ZERO_DECIMAL

_LOCALES = {"en": Locale("en", "US"), "zh-TW": Locale("zh", "TW", script="Hant")}


def amount_shown(amount: int, currency: str, speech: str) -> str:
    """Return an amount of minor units as people read it, with as many decimals as Stripe charges.

    Whole New Taiwan dollars are written without decimals, though Stripe counts in cents.
    """
    decimals = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    value = Decimal(amount).scaleb(-decimals)
    if currency == "twd" and value == value.to_integral():
        decimals = 0
    pattern = copy(_LOCALES[speech].currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    shown = pattern.apply(value, _LOCALES[speech], currency=currency.upper(), currency_digits=False)
    return re.sub(r"(?<=[A-Z])(?=[0-9])", "\N{NO-BREAK SPACE}", shown)
