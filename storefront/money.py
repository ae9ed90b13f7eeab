"""Amounts: integers in a currency's minor unit, and how people read them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import numbers
from babel.numbers import format_currency

# https://docs.stripe.com/currencies: most currencies count hundredths; these don't.
# UGX and ISK have no cents, and yet are sent as hundredths.
ZERO_DECIMAL = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})

# What a shopper can choose from.
OFFERED = ("usd", "eur", "jpy", "twd")

# Two decimals at Stripe, but nobody in Taiwan writes cents. There a bare "$" would do, too; not
# beside prices in other dollars.
SHOWN_WHOLE = {"twd": "'NT$'"}

MAXIMUM_AMOUNT = 99_999_999
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. TWD isn't in that table:
# there Stripe asks for the worth of its settlement minimum, which this is safely above.
MINIMUM_AMOUNT = {"usd": 50, "eur": 50, "jpy": 50, "gbp": 30, "twd": 2000, "kwd": 160}
# https://docs.stripe.com/currencies#three-decimal and #special-cases: charges come in such steps.
STEPS = {**dict.fromkeys(THREE_DECIMAL, 10), "isk": 100, "ugx": 100}


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


@lru_cache(maxsize=1024)
def format_money(amount: int, currency: str, locale: str = "en") -> str:
    """Return `amount` minor units as people of `locale` write them, such as `$29.99`."""
    value, code = in_major_units(amount, currency), currency.upper()
    if symbol := SHOWN_WHOLE.get(currency):
        pattern = symbol + ("#,##0" if value == value.to_integral_value() else "#,##0.00")
        return str(format_currency(value, code, pattern, locale, currency_digits=False))
    return str(format_currency(value, code, locale=locale))


def is_chargeable(amount: int, currency: str) -> bool:
    """Say whether Stripe takes a payment of `amount`: not too small or large, in whole steps."""
    is_in_range = MINIMUM_AMOUNT.get(currency, 1) <= amount <= MAXIMUM_AMOUNT
    return is_in_range and amount % STEPS.get(currency, 1) == 0
