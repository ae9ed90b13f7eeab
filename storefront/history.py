"""Everything that was written down about one order: what the trace is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from storefront.db import reading
from storefront.models import GatewayCall, Order, StripeEvent, Transition

# An order has few of each; a disaster may make many, and nobody reads them all.
MOST_ROWS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An order's calls, events and transitions, each oldest first; its payments come with it."""

    order: Order
    calls: Sequence[GatewayCall]
    events: Sequence[StripeEvent]
    transitions: Sequence[Transition]


def history_of(order: Order) -> History:
    """Read an order's history. It is at least as new as the order's `version`."""
    with reading() as session:
        calls = select(GatewayCall).where(GatewayCall.order_id == order.id)
        moves = select(Transition).where(Transition.order_id == order.id)
        return History(
            order=order,
            calls=session.scalars(calls.order_by(GatewayCall.id).limit(MOST_ROWS)).all(),
            events=_events(session, [each.id for each in order.payments]),
            transitions=session.scalars(moves.order_by(Transition.id).limit(MOST_ROWS)).all(),
        )


def _events(session: Session, payment_ids: list[str]) -> Sequence[StripeEvent]:
    """Return what was delivered about these payments; what moved none only names one."""
    is_its = StripeEvent.payment_id.in_(payment_ids)
    names_it = StripeEvent.object_payment_id.in_(payment_ids)
    ids = union_all(
        select(StripeEvent.id).where(is_its),
        select(StripeEvent.id).where(names_it, StripeEvent.payment_id.is_(None)),
    )
    statement = select(StripeEvent).where(StripeEvent.id.in_(ids))
    oldest_first = statement.order_by(StripeEvent.received_at, StripeEvent.created, StripeEvent.id)
    return session.scalars(oldest_first.limit(MOST_ROWS)).all()
