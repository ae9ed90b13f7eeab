"""Amounts: integers in a currency's minor unit, and how people read them."""

from __future__ import annotations

from decimal import Decimal

from babel import numbers
from babel.numbers import format_currency

# https://docs.stripe.com/currencies: most currencies count hundredths; these don't.
# UGX and ISK have no cents, and yet are sent as hundredths.
ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})

# Two decimals at Stripe, but nobody in Taiwan writes cents.
SHOWN_WHOLE = frozenset({"twd"})

MAXIMUM_AMOUNT = 99_999_999
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. TWD isn't in that table:
# there Stripe asks for the worth of its settlement minimum, which this is safely above.
MINIMUM_AMOUNT = {"usd": 50, "eur": 50, "jpy": 50, "gbp": 30, "twd": 2000}


def is_currency(currency: str) -> bool:
    """Say whether a lower-case code is one of ISO 4217's."""
    return currency.islower() and numbers.is_currency(currency.upper())


def decimals(currency: str) -> int:
    """Return how many decimals Stripe's minor unit of `currency` stands for."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def in_major_units(amount: int, currency: str) -> Decimal:
    """Return `amount` minor units as an exact number of dollars, euros or yen."""
    return Decimal(amount).scaleb(-decimals(currency))


def to_minor_units(value: Decimal, currency: str) -> int:
    """Return `value` in minor units; raises ValueError for a fraction of one."""
    amount = value.scaleb(decimals(currency))
    if amount != amount.to_integral_value():
        raise ValueError(f"{value} {currency.upper()} isn't a whole number of minor units.")
    return int(amount)


def format_money(amount: int, currency: str, locale: str = "en") -> str:
    """Return `amount` minor units as people of `locale` write them, such as `$29.99`."""
    value = in_major_units(amount, currency)
    is_whole = currency in SHOWN_WHOLE and value == value.to_integral_value()
    if is_whole:
        return str(
            format_currency(value, currency.upper(), "¤#,##0", locale, currency_digits=False)
        )
    return str(format_currency(value, currency.upper(), locale=locale))


def is_chargeable(amount: int, currency: str) -> bool:
    """Say whether Stripe takes a payment of `amount`: neither below its minimum nor too large."""
    return MINIMUM_AMOUNT.get(currency, 1) <= amount <= MAXIMUM_AMOUNT
