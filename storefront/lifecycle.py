"""What a payment and an order can become.

Stripe's events come late, twice, shuffled or never. So nothing here is set to what the last event
said: each event is one piece of evidence, evidence is totally ordered, and a payment keeps the
maximum it has heard. Pure: no database, no Stripe, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum


class Flow(StrEnum):
    """Which of Stripe's two flows an attempt uses."""

    PAYMENT_INTENT = "payment_intent"
    CHECKOUT_SESSION = "checkout_session"


class PaymentStatus(StrEnum):
    """Where one attempt to pay stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class RefundStatus(StrEnum):
    """Where one refund stands, the least telling first: it keeps the furthest that it has heard.

    A refund that was thought to have arrived can still fail: https://docs.stripe.com/refunds.
    """

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        """How telling it is."""
        return list(RefundStatus).index(self)

    @property
    def is_returned(self) -> bool:
        """True when the money didn't reach the customer and is ours to give again."""
        return self in {RefundStatus.CANCELED, RefundStatus.FAILED}


class ClosedReason(StrEnum):
    """Why an order can't be paid any more."""

    CANCELLED = "cancelled"
    REPLACED = "replaced"
    EXPIRED = "expired"


class Verdict(Enum):
    """What one piece of evidence says: level, rank inside the level, the status it means.

    Level 0 is open news, and there the later word counts; from level 1 on a higher level is
    never taken back by a lower one. Money that arrives late is still money: level 4.
    `processing` outranks `failed` in the same second, never to invite a second payment.
    `is_live` says whether the attempt can still take money.
    """

    CREATED = (0, 0, PaymentStatus.PENDING, True)
    ATTEMPT_FAILED = (0, 1, PaymentStatus.FAILED, True)
    REQUIRES_ACTION = (0, 2, PaymentStatus.PENDING, True)
    PROCESSING = (0, 3, PaymentStatus.PROCESSING, True)
    SESSION_EXPIRED = (1, 0, PaymentStatus.CANCELED, False)
    SESSION_UNPAID = (2, 0, PaymentStatus.PROCESSING, True)
    INTENT_CANCELED = (3, 0, PaymentStatus.CANCELED, False)
    ASYNC_PAYMENT_FAILED = (3, 1, PaymentStatus.FAILED, False)
    SUCCEEDED = (4, 0, PaymentStatus.SUCCEEDED, False)

    def __init__(self, level: int, rank: int, status: PaymentStatus, is_live: bool) -> None:
        self.level = level
        self.rank = rank
        self.status = status
        self.is_live = is_live

    @property
    def word(self) -> str:
        """The name under which the database keeps it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that Stripe told us about one payment, and when it was true there.

    `created` is Stripe's clock in seconds: the event's, or the Date of the answer to a re-read.
    A re-read has no `event_id`; it shows the object as it is, so it wins a tie. Only one that
    shows nothing yet doesn't: what happens in the second of the creation is news.
    """

    verdict: Verdict
    created: int = 0
    event_id: str | None = None
    is_reread: bool = False

    @property
    def weight(self) -> tuple[int, int, bool, int, str]:
        """What evidence is ordered by."""
        verdict = self.verdict
        wins_ties = self.is_reread and verdict is not Verdict.CREATED
        return (verdict.level, self.created, wins_ties, verdict.rank, self.event_id or "")


NOTHING_HEARD = Evidence(Verdict.CREATED)


def furthest(known: Evidence, heard: Evidence) -> Evidence:
    """Return the more telling of what we knew and what Stripe just told us.

    Events come late, twice and shuffled. Taking the maximum makes that harmless:
    however they are dealt, the same set of events leaves a payment in the same place.
    """
    return max(known, heard, key=lambda evidence: evidence.weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """What an order's status depends on in each of its payments."""

    id: str
    status: PaymentStatus
    is_live: bool = False
    amount_received: int = 0
    amount_refunded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What an order's status depends on in the order itself."""

    closed_reason: ClosedReason | None = None
    settled_by: str | None = None


def order_status(order: OrderFacts, payments: Iterable[PaymentFacts]) -> OrderStatus:
    """Return where the order stands, from nothing but its own facts and its payments'."""
    payments = tuple(payments)
    settling = next((each for each in payments if each.id == order.settled_by), None)
    if settling:
        return _status_when_settled(settling)
    if order.closed_reason:
        return OrderStatus.CANCELLED
    if any(_is_in_play(each) for each in payments):
        return OrderStatus.PROCESSING
    return OrderStatus.PENDING


def _is_in_play(payment: PaymentFacts) -> bool:
    """Say whether its money is on its way to us, or is here and hasn't gone back whole."""
    if payment.status is PaymentStatus.SUCCEEDED:
        return payment.amount_refunded < payment.amount_received or not payment.amount_received
    return payment.status is PaymentStatus.PROCESSING


def _status_when_settled(payment: PaymentFacts) -> OrderStatus:
    if payment.amount_refunded == 0:
        return OrderStatus.PAID
    if payment.amount_refunded < payment.amount_received:
        return OrderStatus.PARTIALLY_REFUNDED
    return OrderStatus.REFUNDED


def is_payable(status: OrderStatus) -> bool:
    """Say whether another attempt may be started; a failed one leaves its order payable."""
    return status == OrderStatus.PENDING


class Settlement(StrEnum):
    """What money that arrived means for its order; all but SETTLES are reasons of an attention."""

    SETTLES = "settles"
    PAID_LATE = "paid_late"
    PAID_BUT_SOLD_OUT = "paid_but_sold_out"
    PAID_TWICE = "paid_twice"
    PAID_AFTER_CANCEL = "paid_after_cancel"
    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"

    @property
    def is_refunded(self) -> bool:
        """True when the money goes back without anybody being asked."""
        return self in {
            Settlement.PAID_TWICE,
            Settlement.PAID_AFTER_CANCEL,
            Settlement.PAID_BUT_SOLD_OUT,
        }


def settlement(order: OrderFacts, *, due: tuple[int, str], received: tuple[int, str]) -> Settlement:
    """Say what a payment that just succeeded does to its order.

    `due` and `received` are (amount in minor units, currency). PAID_LATE settles only if the
    stock can be taken again; else it is PAID_BUT_SOLD_OUT.
    """
    if received[1] != due[1]:
        return Settlement.CURRENCY_MISMATCH
    if received[0] != due[0]:
        return Settlement.AMOUNT_MISMATCH
    if order.settled_by:
        return Settlement.PAID_TWICE
    if order.closed_reason == ClosedReason.EXPIRED:
        return Settlement.PAID_LATE
    if order.closed_reason:
        return Settlement.PAID_AFTER_CANCEL
    return Settlement.SETTLES
