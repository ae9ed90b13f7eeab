"""Currencies that Stripe takes, and the smallest and largest amounts in them."""

from stripe_sandbox.protocol.errors import invalid

LARGEST = 99_999_999
LARGEST_OF = {"idr": 999_999_999_999, "inr": 999_999_999}
"""Stripe takes eight digits, but of these currencies more."""
WHOLE_UNITS = frozenset({"isk", "ugx"})
"""Written with two decimals that are always zero."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ZERO_DECIMAL = _words("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = _words("bhd jod kwd omr tnd")
_TWO_DECIMAL = _words(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bmd bnd bob brl bsd bwp byn bzd cad cdf "
    "chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg "
    "huf idr ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur "
    "mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd "
    "scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs wst xcd "
    "yer zar zmw"
)
KNOWN = ZERO_DECIMAL | THREE_DECIMAL | _TWO_DECIMAL
SMALLEST = {
    "aed": 200,
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "krw": 700,
    "kwd": 160,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "thb": 1000,
    "twd": 1600,
    "vnd": 13000,
}
"""Minor units. The others take 50; Stripe asks for about half a US dollar wherever it converts."""


def check_currency(currency: str, param: str = "currency") -> str:
    """Return the currency in lower case, or raise the 400 for one that Stripe doesn't take."""
    if currency.lower() in KNOWN:
        return currency.lower()
    raise invalid(
        f"Invalid currency: {currency}. Stripe currently supports these currencies: "
        f"{', '.join(sorted(KNOWN))}",
        param,
    )


def check_amount(amount: int, currency: str, param: str = "amount") -> int:
    """Return an amount that can be charged, or raise the 400 that says why it can't."""
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param, "parameter_invalid_integer"
        )
    if amount < least(currency):
        raise invalid(
            f"Amount must be at least {shown(least(currency), currency)}",
            param,
            "amount_too_small",
        )
    if amount > most(currency):
        raise invalid(
            f"Amount must be no more than {shown(most(currency), currency)}",
            param,
            "amount_too_large",
        )
    if currency in WHOLE_UNITS and amount % 100:
        raise invalid(
            f"Amounts in {currency} must be divisible by 100: it has no smaller unit.",
            param,
            "invalid_charge_amount",
        )
    if currency in THREE_DECIMAL and amount % 10:
        raise invalid(
            f"Amounts in {currency} must be divisible by 10: the last digit is always 0.",
            param,
            "invalid_charge_amount",
        )
    return amount


def least(currency: str) -> int:
    """Return the smallest amount that can be charged, in minor units."""
    return SMALLEST.get(currency, 50)


def most(currency: str) -> int:
    """Return the largest amount that can be charged, in minor units."""
    return LARGEST_OF.get(currency, LARGEST)


def shown(amount: int, currency: str) -> str:
    """Return an amount for a sentence: "0.50 usd"."""
    digits = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    return f"{amount / 10**digits:.{digits}f} {currency}"
