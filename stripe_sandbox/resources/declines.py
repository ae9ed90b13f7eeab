"""Why a payment fails: what Stripe answers, for cards at once and for bank accounts later."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    """What Stripe says about a payment that failed. `advice` is for the shop, or there is none."""

    code: str
    decline_code: str
    message: str
    advice: str | None = None
    param: str | None = None
    is_blocked: bool = False
    """Whether it never came to the bank, because Stripe's Radar stopped it."""


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
        "expired_card", "expired_card", "Your card has expired.", "do_not_try_again", "exp_month"
    ),
    "incorrect_cvc": Decline(
        "incorrect_cvc",
        "incorrect_cvc",
        "Your card's security code is incorrect.",
        "confirm_card_data",
        "cvc",
    ),
    "lost_card": Decline(
        "card_declined", "lost_card", "Your card was declined.", "do_not_try_again"
    ),
    "stolen_card": Decline(
        "card_declined", "stolen_card", "Your card was declined.", "do_not_try_again"
    ),
    "blocked": Decline("card_declined", "fraudulent", "Your card was declined.", is_blocked=True),
    "velocity_exceeded": Decline(
        "card_declined",
        "card_velocity_exceeded",
        "Your card was declined for making repeated attempts too frequently or exceeding its "
        "amount limit.",
        "try_again_later",
    ),
    "processing_error": Decline(
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
        "try_again_later",
    ),
    "not_a_test_card": Decline(
        "card_declined",
        "test_mode_live_card",
        "Your card was declined. Your request was in test mode, but used a non test (live) card. "
        "For a list of valid test cards, visit: https://stripe.com/docs/testing.",
    ),
}
"""By the behaviour of a test card."""

AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
"""The shopper would have to authenticate and can't: off session, or the shop said not to ask."""

FAILED_DEBITS = {
    "fail": Decline(
        "payment_intent_payment_attempt_failed",
        "generic_decline",
        "The bank could not process this debit.",
    ),
    "insufficient_funds": Decline(
        "insufficient_funds",
        "insufficient_funds",
        "The customer's account has insufficient funds to cover this payment.",
    ),
    "exceeds_source_limit": Decline(
        "charge_exceeds_source_limit",
        "charge_exceeds_source_limit",
        "This payment exceeds the weekly volume that the account may be debited for.",
    ),
    "exceeds_weekly_limit": Decline(
        "charge_exceeds_transaction_limit",
        "charge_exceeds_transaction_limit",
        "This payment exceeds the number of payments that the account may make in a week.",
    ),
}
"""By the behaviour of a test IBAN."""
