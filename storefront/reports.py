"""What Stripe tells about money that goes back: refunds, and disputes at the customer's bank.

A refund or a dispute looks the same inside an event and as the answer to a request. Pure: no
database, no SDK, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storefront.evidence import Named
from storefront.fields import id_of, our_metadata, text, whole
from storefront.lifecycle import RefundStatus

REFUND_EVENTS = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)
DISPUTE_EVENTS = frozenset(
    {"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"}
)
# https://docs.stripe.com/api/disputes/object: these end a dispute; every other one leaves it open.
ENDS_OF_A_DISPUTE = frozenset({"won", "lost", "warning_closed", "prevented"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReport(Named):
    """What Stripe says about one refund. `amount` is in minor units.

    `refund_id` is our own, given back in the metadata of a refund that we asked for.
    """

    id: str
    amount: int
    currency: str
    status: RefundStatus
    reason: str | None
    failure_reason: str | None
    refund_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeReport(Named):
    """What Stripe says about one dispute, and when: `created` is in seconds, by Stripe's clock."""

    id: str
    amount: int
    currency: str
    status: str
    reason: str | None
    created: int

    @property
    def weight(self) -> tuple[bool, int, str]:
        """What reports of one dispute are ordered by: one that has ended doesn't open again."""
        return (self.status in ENDS_OF_A_DISPUTE, self.created, self.status)


def read_refund(found: Mapping[str, Any]) -> RefundReport | None:
    """Read a refund; None for every other kind of object, and for one of no PaymentIntent."""
    stripe_id, intent_id = text(found.get("id")), id_of(found.get("payment_intent"))
    amount = whole(found.get("amount"))
    if found.get("object") != "refund" or not (stripe_id and intent_id and amount):
        return None
    status = text(found.get("status"))
    return RefundReport(
        id=stripe_id,
        payment_intent_id=intent_id,
        amount=amount,
        currency=text(found.get("currency")) or "",
        status=RefundStatus(status) if status in set(RefundStatus) else RefundStatus.PENDING,
        reason=text(found.get("reason")),
        failure_reason=text(found.get("failure_reason")),
        **our_metadata(found, "payment_id", "order_id", "store_id", "refund_id"),
    )


def read_dispute(found: Mapping[str, Any], *, created: int) -> DisputeReport | None:
    """Read a dispute as it was at `created`; None for every other kind of object."""
    stripe_id, intent_id = text(found.get("id")), id_of(found.get("payment_intent"))
    if found.get("object") != "dispute" or not (stripe_id and intent_id):
        return None
    return DisputeReport(
        id=stripe_id,
        payment_intent_id=intent_id,
        amount=whole(found.get("amount")),
        currency=text(found.get("currency")) or "",
        status=text(found.get("status")) or "needs_response",
        reason=text(found.get("reason")),
        created=created,
        **our_metadata(found, "payment_id", "order_id", "store_id"),
    )
