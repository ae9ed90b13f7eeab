"""The test cards, as a table: what each number, token and `pm_card_…` does when it is charged."""

from dataclasses import dataclass

from stripe_sandbox.protocol.masks import is_luhn_valid


@dataclass(frozen=True, slots=True)
class Card:
    """A test card; `alias` is its name after `pm_card_`.

    `behaviour` is succeed, authenticate, authenticate_and_decline, authenticate_and_lack_funds,
    authenticate_if_asked, available_at_once, cvc_check_fails, elevated_risk, refund_pending,
    refund_fails, a key of `DECLINES` or one of `DISPUTES`. A card without an alias has no name.
    """

    number: str
    brand: str = "visa"
    behaviour: str = "succeed"
    alias: str = ""
    country: str = "US"
    funding: str = "credit"


CARDS = (
    Card("4242424242424242", alias="visa"),
    Card("4242424242424242", alias="us"),
    Card("4000001240000000", alias="ca", country="CA"),
    Card("4000008260000000", alias="gb", country="GB"),
    Card("4000002760000016", alias="de", country="DE"),
    Card("4000002500000003", alias="fr", country="FR"),
    Card("4000000360000006", alias="au", country="AU"),
    Card("4000003920000003", alias="jp", country="JP"),
    Card("4000001580000008", alias="tw", country="TW"),
    Card("4000056655665556", alias="visa_debit", funding="debit"),
    Card("5555555555554444", "mastercard", alias="mastercard"),
    Card("2223003122003222", "mastercard"),
    Card("5200828282828210", "mastercard", alias="mastercard_debit", funding="debit"),
    Card("5105105105105100", "mastercard", alias="mastercard_prepaid", funding="prepaid"),
    Card("378282246310005", "amex", alias="amex"),
    Card("371449635398431", "amex"),
    Card("6011111111111117", "discover", alias="discover"),
    Card("6011000990139424", "discover"),
    Card("3056930009020004", "diners", alias="diners"),
    Card("3566002020360505", "jcb", alias="jcb", country="JP"),
    Card("6200000000000005", "unionpay", alias="unionpay", country="CN"),
    Card("4000000000000002", behaviour="declined", alias="chargeDeclined"),
    Card(
        "4000000000009995",
        behaviour="insufficient_funds",
        alias="chargeDeclinedInsufficientFunds",
    ),
    Card("4000000000009987", behaviour="lost_card", alias="chargeDeclinedLostCard"),
    Card("4000000000009979", behaviour="stolen_card", alias="chargeDeclinedStolenCard"),
    Card("4000000000000069", behaviour="expired", alias="chargeDeclinedExpiredCard"),
    Card("4000000000000127", behaviour="incorrect_cvc", alias="chargeDeclinedIncorrectCvc"),
    Card("4000000000000119", behaviour="processing_error", alias="chargeDeclinedProcessingError"),
    Card(
        "4000000000006975",
        behaviour="velocity_exceeded",
        alias="chargeDeclinedVelocityLimitExceeded",
    ),
    Card("4100000000000019", behaviour="blocked", alias="radarBlock"),
    Card("4100000000000019", behaviour="blocked", alias="chargeDeclinedFraudulent"),
    Card("4000000000004954", behaviour="blocked", alias="riskLevelHighest"),
    Card("4000000000009235", behaviour="elevated_risk", alias="riskLevelElevated"),
    Card("4000000000000101", behaviour="cvc_check_fails", alias="cvcCheckFail"),
    Card("4000000000000077", behaviour="available_at_once", alias="bypassPending"),
    Card("4000000000000341", behaviour="declined", alias="chargeCustomerFail"),
    Card("4000002760003184", behaviour="authenticate", alias="authenticationRequired"),
    Card(
        "4000002500003155",
        behaviour="authenticate",
        alias="authenticationRequiredOnSetup",
        country="IE",
    ),
    Card("4000000000003220", behaviour="authenticate", alias="threeDSecure2Required"),
    Card(
        "4000008400001629",
        behaviour="authenticate_and_decline",
        alias="threeDSecureRequiredChargeDeclined",
    ),
    Card(
        "4000008260003178",
        behaviour="authenticate_and_lack_funds",
        alias="authenticationRequiredChargeDeclinedInsufficientFunds",
        country="GB",
    ),
    Card("4000000000003055", behaviour="authenticate_if_asked", alias="threeDSecureOptional"),
    Card("4000000000000259", behaviour="dispute", alias="createDispute"),
    Card(
        "4000000000002685",
        behaviour="dispute_not_received",
        alias="createDisputeProductNotReceived",
    ),
    Card("4000000000001976", behaviour="dispute_inquiry", alias="createDisputeInquiry"),
    Card("4000000000007726", behaviour="refund_pending", alias="pendingRefund"),
    Card("4000000000005126", behaviour="refund_fails", alias="refundFail"),
)

_BY_NUMBER = {card.number: card for card in CARDS}
_BY_TOKEN = {card.alias: card for card in CARDS if card.alias}
_LENGTHS = range(12, 20)
_BRANDS = (
    ("34", "amex"),
    ("37", "amex"),
    ("35", "jcb"),
    ("36", "diners"),
    ("62", "unionpay"),
    ("6", "discover"),
    ("4", "visa"),
    ("5", "mastercard"),
    ("2", "mastercard"),
)


def by_number(number: str) -> Card | None:
    """Return the card with this number; a well-formed number that is no test card is declined.

    None for what is no card number at all.
    """
    if known := _BY_NUMBER.get(number):
        return known
    if not (number.isascii() and number.isdecimal() and len(number) in _LENGTHS):
        return None
    if not is_luhn_valid(number):
        return None
    brand = next((name for prefix, name in _BRANDS if number.startswith(prefix)), "unknown")
    return Card(number, brand, "not_a_test_card")


def by_payment_method(name: str) -> Card | None:
    """Return the card behind `pm_card_visa`, `pm_card_visa_chargeDeclined` or `tok_visa`."""
    token = name.removeprefix("pm_card_").removeprefix("tok_")
    return _BY_TOKEN.get(token) or _BY_TOKEN.get(token.removeprefix("visa_"))
