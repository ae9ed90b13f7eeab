"""A stored event applied once more: after a bug was mended, or a setting put right."""

from __future__ import annotations

import json
from typing import NamedTuple

from storefront import events
from storefront.db import reading
from storefront.decisions import News
from storefront.models import StripeEvent


class Replay(NamedTuple):
    """What an event did when it was applied once more, or would have done.

    `changes` are the columns that it moves, of a payment, a refund or a dispute: name, before,
    after. Only a payment's are read before.
    """

    type: str
    outcome: str
    payment_id: str | None
    changes: list[tuple[str, object, object]]


def replay(event_id: str, *, is_dry_run: bool = False) -> Replay | None:
    """Apply a stored event once more; None when there is no such event.

    Harmless, however often: what it tells was heard before, and changes nothing, or was missed.
    """
    with reading() as session:
        stored = session.get(StripeEvent, event_id)
    if stored is None:
        return None
    decision = events.weigh_event(json.loads(stored.payload))
    changes = [
        (name, getattr(decision.payment, name) if isinstance(decision.news, News) else "…", value)
        for name, value in sorted(decision.changes.items())
    ]
    if is_dry_run:
        return Replay(stored.type, decision.outcome, decision.payment_id, changes)
    done = events.apply_again(event_id)
    return Replay(stored.type, done.outcome, done.payment_id, changes)
