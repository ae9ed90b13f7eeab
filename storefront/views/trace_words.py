"""What the steps of a trace are called: the one place for these words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus

from storefront.models import GatewayCall, StripeEvent, Transition
from storefront.trace import Step

Sentences = Mapping[str, str]

LANES = ("Shopper", "Shop page", "Shop API", "Stripe", "Webhook")

# A step that differs by flow is found under its kind and flow first.
DONE: Sentences = {
    "placed": "The shopper clicks checkout: the order is placed, its goods are set aside.",
    "again": "The shopper chooses how to pay, once more.",
    "start payment_intent": "The page asks the shop’s API layer to start a payment.",
    "start checkout_session": "The page asks the shop’s API layer for a Checkout Session.",
    "create payment_intent": "The API layer creates a PaymentIntent at Stripe.",
    "create checkout_session": "The API layer creates a Checkout Session at Stripe.",
    "started payment_intent": "The answer: 201 with a client_secret.",
    "started checkout_session": "The answer: 201 with a checkout_url.",
    "confirm payment_intent": "The browser confirms at Stripe with the client_secret. The card "
    "goes there and never through the shop.",
    "confirm checkout_session": "The browser is redirected to the checkout_url, on Stripe’s page.",
    "read": "The API layer asks Stripe how the payment stands.",
    "find": "The API layer looks for what the attempt has made at Stripe.",
    "stop payment_intent": "The API layer cancels the PaymentIntent.",
    "stop checkout_session": "The API layer expires the Checkout Session.",
    "refund": "The API layer asks Stripe to give money back.",
    "event": "Stripe delivers %(type)s, signed.",
    "applied": "Has this event been seen? No: it is applied.",
    "stale": "New, but older than what we know, or the same: nothing moves.",
    "ignored": "Stripe delivers %(type)s, which moves no payment: recorded, ignored.",
    "foreign": "Stripe delivers %(type)s, about no payment of this shop: recorded, ignored.",
    "parked": "About a payment that isn’t known here yet: it waits.",
    "mismatch": "It contradicts what is stored here: nothing moves.",
    "mode_mismatch": "Stripe delivers %(type)s, live in test mode or the reverse: ignored.",
    "moved": "Payment and order move in one transaction: %(moves)s.",
    "learned": "Stripe’s answer counts like an event: %(moves)s.",
    "closed": "The order is closed: %(moves)s.",
    "changed": "Something was changed: %(moves)s.",
    "poll": "The page asks for the status and shows the last word.",
}
TO_COME: Sentences = {
    "event": "Stripe delivers a signed event.",
    "seen": "Has this event been seen before?",
    "moved": "Payment and order move in one transaction.",
    "poll": "The page asks for the status until there is a last word.",
    "confirm payment_intent": "The browser confirms at Stripe with the client_secret.",
}
CAME_AGAIN = "It came %(count)d times: each repeat was a duplicate, ignored."
NO_ANSWER = "No answer came; the same request is sent again."
REFUSED = "Stripe answered %(status)d."
PAYMENT_MOVED, ORDER_MOVED = "payment %(before)s → %(after)s", "order %(before)s → %(after)s"


def sentence_of(step: Step) -> str:
    """Tell a step in a sentence, or in two where something went another way."""
    known = DONE if step.is_done else {**DONE, **TO_COME}
    told = known.get(f"{step.kind} {step.flow}") or known.get(step.kind) or step.kind
    about = step.about
    if isinstance(about, StripeEvent):
        return _of_event(step, told, about)
    if isinstance(about, GatewayCall):
        return f"{told} {_failure(about)}".rstrip()
    return told % {"moves": moves_of(step.moves)} if step.moves else told


def moves_of(moves: Sequence[Transition]) -> str:
    """Tell what moved from where to where, the payment first."""
    return ", ".join(
        (PAYMENT_MOVED if move.payment_id else ORDER_MOVED)
        % {"before": move.before or "–", "after": move.after}
        for move in moves
    )


def distance(since: timedelta) -> str:
    """Tell the time between two steps, as exactly as anybody cares: +0.142 s, +3 min 20 s."""
    seconds = max(since.total_seconds(), 0.0)
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"+{seconds:.3f} s" if seconds < 10 else f"+{seconds:.1f} s"  # noqa: PLR2004
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"+{hours} h {minutes} min" if hours else f"+{minutes} min {left} s"


def _of_event(step: Step, told: str, event: StripeEvent) -> str:
    told %= {"type": event.type, "moves": moves_of(step.moves)}
    is_repeated = event.deliveries > 1 and step.kind not in {"event", "moved"}
    return f"{told} {CAME_AGAIN % {'count': event.deliveries}}" if is_repeated else told


def _failure(call: GatewayCall) -> str:
    if call.status is None:
        return NO_ANSWER
    return REFUSED % {"status": call.status} if call.status >= HTTPStatus.BAD_REQUEST else ""
