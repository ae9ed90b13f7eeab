"""What the steps of a trace are called: the one place for these words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus

from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.languages import Sentence
from storefront.lifecycle import Flow
from storefront.models import GatewayCall, Payment, StripeEvent, Transition
from storefront.steps import Step


def later(message: str) -> str:
    """Mark words that are told, in the reader's language, once their values are known."""
    return message


LANES = (
    Sentence("Shopper"), Sentence("Shop page"), Sentence("Shop API"), Sentence("Stripe"),
    Sentence("Webhook"),
)  # fmt: skip

# What Stripe calls both, in every language.
FLOWS = {Flow.PAYMENT_INTENT: "PaymentIntent", Flow.CHECKOUT_SESSION: "Checkout"}

# A step that differs by flow is found under its kind and flow first.
DONE: Mapping[str, str] = {
    "placed": later("The shopper clicks checkout: the order is placed, its goods are set aside."),
    "again": later("The shopper chooses how to pay, once more."),
    "start payment_intent": later("The page asks the shop’s API layer to start a payment."),
    "start checkout_session": later("The page asks the shop’s API layer for a Checkout Session."),
    "create payment_intent": later("The API layer creates a PaymentIntent at Stripe."),
    "create checkout_session": later("The API layer creates a Checkout Session at Stripe."),
    "started payment_intent": later("The answer: 201 with a client_secret."),
    "started checkout_session": later("The answer: 201 with a checkout_url."),
    "confirm payment_intent": later(
        "The browser confirms at Stripe with the client_secret. "
        "The card goes there and never through the shop."
    ),
    "confirm checkout_session": later(
        "The browser is redirected to the checkout_url, on Stripe’s page."
    ),
    "pay": later("The sandbox plays somebody who pays at Stripe: no browser of ours was there."),
    "read": later("The API layer asks Stripe how the payment stands."),
    "find": later("The API layer looks for what the attempt has made at Stripe."),
    "stop payment_intent": later("The API layer cancels the PaymentIntent."),
    "stop checkout_session": later("The API layer expires the Checkout Session."),
    "refund": later("The API layer asks Stripe to give money back."),
    "event": later("Stripe delivers %(type)s, signed."),
    "applied": later("Has this event been seen? No: it is applied."),
    "stale": later("New, but older than what we know, or the same: nothing moves."),
    "ignored": later("Stripe delivers %(type)s, which moves no payment: recorded, ignored."),
    "foreign": later("Stripe delivers %(type)s, about no payment of this shop: recorded, ignored."),
    "parked": later("About a payment that isn’t known here yet: it waits."),
    "mismatch": later("It contradicts what is stored here: nothing moves."),
    "mode_mismatch": later("Stripe delivers %(type)s, live in test mode or the reverse: ignored."),
    "moved": later("Payment and order move in one transaction: %(moves)s."),
    "learned": later("Stripe’s answer counts like an event: %(moves)s."),
    "closed": later("The order is closed: %(moves)s."),
    "changed": later("Something was changed: %(moves)s."),
    "poll": later("The page asks for the status and shows the last word."),
}
TO_COME: Mapping[str, str] = {
    "event": later("Stripe delivers a signed event."),
    "seen": later("Has this event been seen before?"),
    "moved": later("Payment and order move in one transaction."),
    "poll": later("The page asks for the status until there is a last word."),
    "confirm payment_intent": later("The browser confirms at Stripe with the client_secret."),
}


def sentence_of(step: Step) -> str:
    """Tell a step in a sentence, or in two where something went another way."""
    known = DONE if step.is_done else {**DONE, **TO_COME}
    words = known.get(f"{step.kind} {step.flow}") or known[step.kind]
    about = step.about
    event = about if isinstance(about, StripeEvent) else None
    told = _(words, type=event.type if event else "", moves=moves_of(step.moves, step.attempts))
    if isinstance(about, GatewayCall):
        return " ".join(filter(None, [told, _failure(about), _asked_again(step)]))
    is_repeated = event and event.deliveries > 1 and step.kind not in {"event", "moved"}
    return f"{told} {_came_again(event.deliveries)}" if event and is_repeated else told


def moves_of(moves: Sequence[Transition], attempts: Sequence[Payment] = ()) -> str:
    """Tell what moved from where to where, the payment first; of several `attempts`, which."""
    by_id = {each.id: each for each in attempts}
    return str(_(", ")).join(_moved(move, by_id.get(move.payment_id or "")) for move in moves)


def _moved(move: Transition, attempt: Payment | None) -> str:
    told = {"before": move.before or "–", "after": move.after}
    if attempt is not None:
        told |= {"attempt": str(attempt.attempt), "flow": FLOWS[Flow(attempt.flow)]}
        return str(_("payment %(attempt)s (%(flow)s) %(before)s → %(after)s", **told))
    if move.payment_id:
        return str(_("payment %(before)s → %(after)s", **told))
    return str(_("order %(before)s → %(after)s", **told))


def distance(since: timedelta) -> str:
    """Tell the time between two steps: +0.142 s, +3 min 20 s."""
    return f"+{duration(since)}"


def duration(took: timedelta) -> str:
    """Tell how long something took, as exactly as anybody cares: 0.142 s, 3 min 20 s."""
    seconds = max(took.total_seconds(), 0.0)
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:.1f} s"  # noqa: PLR2004
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s"


def _asked_again(step: Step) -> str:
    if step.times == 1 or step.until is None:
        return ""
    told = ngettext(
        "Asked %(num)d time, always with the same answer; the last time at %(time)s.",
        "Asked %(num)d times, always with the same answer; the last time at %(time)s.",
        step.times,
        time=f"{step.until:%H:%M:%S}",
    )
    return str(told)


def _came_again(times: int) -> str:
    told = ngettext(
        "It came %(num)d time: each repeat was a duplicate, ignored.",
        "It came %(num)d times: each repeat was a duplicate, ignored.",
        times,
    )
    return str(told)


def _failure(call: GatewayCall) -> str:
    if call.status is None:
        return str(_("No answer came; the same request is sent again."))
    is_refused = call.status >= HTTPStatus.BAD_REQUEST
    return str(_("Stripe answered %(status)d.", status=call.status)) if is_refused else ""
