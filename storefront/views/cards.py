"""Cards that Stripe's test mode and the sandbox know: offered beside the form, never in live mode.

https://docs.stripe.com/testing
"""

from __future__ import annotations

from dataclasses import dataclass

from storefront.config import settings
from storefront.languages import Sentence


@dataclass(frozen=True, slots=True)
class Card:
    """A card number and what happens to who pays with it."""

    number: str
    behaviour: Sentence


CARDS = (
    Card("4242 4242 4242 4242", Sentence("Pays")),
    Card("4000 0027 6000 3184", Sentence("Asks for 3-D Secure, then pays")),
    Card("4000 0000 0000 0002", Sentence("Is declined")),
    Card("4000 0000 0000 9995", Sentence("Has insufficient funds")),
    Card("4000 0000 0000 0069", Sentence("Has expired")),
)


def offered_cards() -> tuple[Card, ...]:
    """Return the cards to offer: none where money is real."""
    return () if settings().is_live else CARDS
