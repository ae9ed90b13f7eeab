"""What Stripe does rarely, as a table: which bug of real shops it shows, and what this one does.

They can be tried out on an order where the sandbox plays Stripe: `arming` does so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storefront.languages import Sentence

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that goes wrong: by which rule, which bug it shows, what the shop does about it.

    Without a rule it isn't armed, but happens at once.
    """

    title: Sentence
    shows: Sentence
    answer: Sentence
    rule: Rule | None

    @property
    def is_about_deliveries(self) -> bool:
        """True when it doesn't matter who pays, and how."""
        return self.rule is not None and self.rule["kind"] not in DECIDE_A_CARD


DECIDE_A_CARD = frozenset({"decline", "authenticate"})
PAY_BOTH = "pay-both"
SCENARIOS: Mapping[str, Scenario] = {
    "before-the-redirect": Scenario(
        Sentence("Deliver before the redirect"),
        Sentence(
            "The event can be faster than the answer that the browser waits for: a shop that "
            "learns the payment’s id only afterwards doesn’t know what it is about."
        ),
        Sentence(
            "The attempt is written down before Stripe is asked, and the event finds it; "
            "the browser comes back to an order that is paid."
        ),
        {"kind": "before_answer"},
    ),
    "after-a-minute": Scenario(
        Sentence("Deliver after a minute"),
        Sentence(
            "A page that waits for the webhook tells somebody who has paid that they haven’t, "
            "and they pay again."
        ),
        Sentence(
            "When the browser comes back the shop reads the payment at Stripe, once; "
            "a minute later the event finds nothing left to move."
        ),
        {"kind": "delay", "seconds": 60},
    ),
    "twice": Scenario(
        Sentence("Deliver twice"),
        Sentence("Stripe delivers at least once: a shop that acts on every delivery ships twice."),
        Sentence(
            "The event’s id is the key of the inbox: the second delivery is a duplicate, "
            "answered 200 and ignored."
        ),
        {"kind": "duplicate"},
    ),
    "in-reverse": Scenario(
        Sentence("Deliver in reverse"),
        Sentence(
            "Stripe promises no order: a shop that believes the last word takes a paid order "
            "for one that was only begun."
        ),
        Sentence(
            "A payment keeps the furthest that was ever said of it; what is older is stale, "
            "recorded, and moves nothing."
        ),
        {"kind": "reorder", "among": 100, "seconds": 5},
    ),
    "never": Scenario(
        Sentence("Never deliver"),
        Sentence(
            "A shop that hears of money by webhook alone keeps it and sends nothing, "
            "when the shopper doesn’t come back either."
        ),
        Sentence(
            "flask reconcile reads Stripe’s lists and takes in what no delivery brought; "
            "the demo does so by itself every five minutes."
        ),
        {"kind": "drop"},
    ),
    "wrong-signature": Scenario(
        Sentence("Sign with a wrong secret"),
        Sentence(
            "Where nobody checks the signature, anybody who knows the address can say that "
            "an order is paid."
        ),
        Sentence(
            "It is answered 400 and nothing is written down; Stripe tries again, "
            "and what is signed rightly counts."
        ),
        {"kind": "wrong_secret", "times": 4},
    ),
    "decline": Scenario(
        Sentence("Decline the next card"),
        Sentence(
            "A shop that takes the first refusal for the end loses the order, "
            "or has sold its goods to somebody else."
        ),
        Sentence(
            "The order stays payable with its goods set aside, and the same payment "
            "takes another card."
        ),
        {"kind": "decline", "times": 1},
    ),
    "three-d-secure": Scenario(
        Sentence("Require 3-D Secure"),
        Sentence(
            "A shop that takes a confirmed payment for a paid one sends goods "
            "before the bank was asked."
        ),
        Sentence(
            "An event that says requires_action makes nothing paid; "
            "only the one that follows the bank’s yes does."
        ),
        {"kind": "authenticate", "times": 1},
    ),
    PAY_BOTH: Scenario(
        Sentence("Pay both ways at once"),
        Sentence(
            "The shopper takes the other way to pay, and the first payment goes through after all: "
            "both are charged."
        ),
        Sentence(
            "Whichever is heard of first settles the order; the other is recorded, flagged "
            "and refunded by itself."
        ),
        None,
    ),
}
