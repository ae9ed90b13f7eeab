"""Objects of Stripe's that tell nothing new: nearly all of a day's, so found in bulk.

Whether an object is one of them is decided by the function that decides about a delivery; only
the reading is done once for many. About every other one the database is asked again by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Row, or_, select

from storefront.binding import ATTEMPTS, Attempts
from storefront.config import settings
from storefront.db import reading
from storefront.decisions import decide_among, known_evidence
from storefront.evidence import evidence_of_reread
from storefront.gateway import Answer
from storefront.gateway_lists import PAGE
from storefront.lifecycle import Verdict
from storefront.models import Payment

# What a payment can change without anybody's seeing it: when it was heard of last.
UNSEEN = {"evidence_created", "evidence_is_reread", "last_event_id", "evidence"}


def with_what_is_known(answers: Iterable[Answer]) -> Iterator[tuple[Answer, bool]]:
    """Yield each object, and whether all that it says is known here and final.

    One query for each page. What it says of a final status can't change a payment any more: a
    level above open news isn't left for a lower one, and the money agrees.
    """
    waiting = iter(answers)
    while page := list(islice(waiting, PAGE)):
        known = _Known(page)
        yield from ((answer, known.is_settled(answer)) for answer in page)


class _Known:
    """The attempts of every order that one page is about, as they were when it came."""

    def __init__(self, page: Sequence[Answer]) -> None:
        """Read them, by the ids that are stored; who is only hinted at isn't settled."""
        intents = {each.snapshot.payment_intent_id for each in page} - {None}
        sessions = {each.snapshot.checkout_session_id for each in page} - {None}
        its = select(Payment.order_id).where(
            or_(Payment.payment_intent_id.in_(intents), Payment.checkout_session_id.in_(sessions))
        )
        with reading() as session:
            rows = session.execute(ATTEMPTS.where(Payment.order_id.in_(its))).all()
        self._by_id: dict[str | None, Row[Any]] = {}
        self._by_order: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in rows:
            self._by_id |= {row.payment_intent_id: row, row.checkout_session_id: row}
            self._by_order[row.order_id].append(row)
        self._by_id.pop(None, None)

    def is_settled(self, answer: Answer) -> bool:
        """Say whether applying it would change nothing that matters, and its money agrees."""
        snapshot = answer.snapshot
        heard = evidence_of_reread(snapshot, as_of=answer.as_of)
        if heard.verdict.is_live or snapshot.is_live != settings().is_live:
            return False
        decision = decide_among(self._attempts(answer), snapshot, heard)
        payment = decision.payment
        if payment is None or decision.changes.keys() - UNSEEN:
            return False
        if known_evidence(payment).verdict.level < heard.verdict.level:
            return False
        is_money = heard.verdict is Verdict.SUCCEEDED
        return not is_money or snapshot.amount_refunded in {None, payment.amount_refunded}

    def _attempts(self, answer: Answer) -> Attempts:
        names = (answer.snapshot.payment_intent_id, answer.snapshot.checkout_session_id)
        orders = {self._by_id[name].order_id for name in names if name in self._by_id}
        return self._by_order[orders.pop()] if len(orders) == 1 else ()
