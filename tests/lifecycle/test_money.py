"""SH-19: an amount is the same in minor units, in major units, and to whoever reads it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import get_currency_precision, list_currencies, parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from storefront.money import (
    MAXIMUM_AMOUNT,
    THREE_DECIMAL,
    ZERO_DECIMAL,
    decimals,
    format_money,
    in_major_units,
    is_chargeable,
    to_minor_units,
)

CURRENCIES = sorted({"usd", "eur", "twd", "gbp"} | ZERO_DECIMAL | THREE_DECIMAL)
AMOUNTS = st.integers(0, MAXIMUM_AMOUNT)


@given(AMOUNTS, st.sampled_from(CURRENCIES))
def test_an_amount_survives_the_way_to_major_units_and_back(amount: int, currency: str) -> None:
    """SH-19."""
    assert to_minor_units(in_major_units(amount, currency), currency) == amount


@given(AMOUNTS, st.sampled_from(["usd", "eur", "jpy", "kwd"]))
def test_what_is_read_is_what_is_charged(amount: int, currency: str) -> None:
    """SH-19: nothing is rounded away on the way to the reader."""
    shown = format_money(amount, currency, "en")
    number = "".join(letter for letter in shown if letter.isdigit() or letter in ".,")

    assert to_minor_units(parse_decimal(number, "en"), currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "shown"),
    [
        (2999, "usd", "en", "$29.99"),
        (500, "jpy", "en", "¥500"),
        (12345, "kwd", "en", "KWD12.345"),
        (100000, "twd", "en", "NT$1,000"),
        (100000, "twd", "zh_Hant_TW", "NT$1,000"),
        (2999, "usd", "zh_Hant_TW", "US$29.99"),
        (100050, "twd", "en", "NT$1,000.50"),
        (2999, "eur", "en", "€29.99"),
        (0, "usd", "en", "$0.00"),
    ],
)
def test_people_read_an_amount_as_they_write_it(
    amount: int, currency: str, locale: str, shown: str
) -> None:
    assert format_money(amount, currency, locale) == shown


@pytest.mark.parametrize("currency", CURRENCIES)
def test_our_list_of_decimals_agrees_with_the_standard(currency: str) -> None:
    assert currency.upper() in list_currencies()
    assert decimals(currency) == get_currency_precision(currency.upper())


@pytest.mark.parametrize(
    ("value", "currency"), [("0.5", "jpy"), ("0.001", "usd"), ("0.0001", "kwd")]
)
def test_a_fraction_of_a_minor_unit_is_refused(value: str, currency: str) -> None:
    with pytest.raises(ValueError, match=currency.upper()):
        to_minor_units(Decimal(value), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (49, "usd", False),
        (50, "usd", True),
        (99_999_999, "usd", True),
        (100_000_000, "usd", False),
        (49, "jpy", False),
        (1999, "twd", False),
        (0, "kwd", False),
        (150, "kwd", False),
        (1230, "kwd", True),
        (1234, "kwd", False),
        (1250, "isk", False),
        (-100, "usd", False),
    ],
)
def test_stripe_takes_neither_too_little_nor_too_much(
    amount: int, currency: str, expected: bool
) -> None:
    assert is_chargeable(amount, currency) is expected
