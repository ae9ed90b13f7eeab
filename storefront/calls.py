"""Our calls to Stripe, kept with the order that they were made for: the trace shows them.

They are written after the fact and on their own. Losing them costs a line in the log, never a
payment: nothing is decided by them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from storefront.db import DatabaseBusy, transaction
from storefront.exchanges import Exchange
from storefront.gateway import gateway
from storefront.models import GatewayCall, Payment
from storefront.transitions import note_news

log = logging.getLogger(__name__)

MOST_OF_AN_ORDER = 50


@contextmanager
def kept_with(payment_id: str) -> Iterator[None]:
    """Keep what is said to Stripe in the block with the payment, whether it succeeds or fails."""
    with gateway().overheard() as heard:
        try:
            yield
        finally:
            keep(payment_id, heard)


def keep(payment_id: str, heard: list[Exchange]) -> None:
    """Keep with the payment what was heard, if that is possible."""
    if not heard:
        return
    try:
        _keep(payment_id, heard)
    except (DatabaseBusy, SQLAlchemyError) as error:
        log.warning("calls=lost payment=%s reason=%s", payment_id, type(error).__name__)


@transaction
def _keep(session: Session, payment_id: str, heard: list[Exchange]) -> None:
    """Add to what is kept, and let what is beyond MOST_OF_AN_ORDER go.

    First the oldest of what was only read: a page that is reloaded fifty times doesn't push out
    what was made at Stripe.
    """
    note_news(session, payment_id)
    order_id = session.scalar(select(Payment.order_id).where(Payment.id == payment_id))
    of_whom = {"order_id": order_id, "payment_id": payment_id}
    rows = [{**of_whom, **asdict(each)} for each in heard[-MOST_OF_AN_ORDER:]]
    session.execute(insert(GatewayCall), rows)
    of_order = select(GatewayCall.id).where(GatewayCall.order_id == order_id)
    what_counts = (GatewayCall.method == "GET", GatewayCall.id.desc())
    kept = of_order.order_by(*what_counts).limit(MOST_OF_AN_ORDER)
    session.execute(
        delete(GatewayCall).where(GatewayCall.order_id == order_id, GatewayCall.id.not_in(kept))
    )
