"""Events that no delivery brought: read from Stripe's list and taken in like any other.

Two walks through the list. One goes forward in time from a cursor and misses nothing; the other
looks at what Stripe couldn't deliver, however old, such as an event that failed here by a bug.
The rule: https://docs.stripe.com/webhooks/process-undelivered-events.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from storefront import clock, cursors, events
from storefront.attempts import CLOCK_SKEW
from storefront.db import is_unavailable, reading
from storefront.gateway import gateway
from storefront.gateway_lists import Document
from storefront.models import Payment, StripeEvent

log = logging.getLogger(__name__)

EVENTS, UNDELIVERED = "events", "undelivered_events"
# An event can show up in Stripe's list after younger ones did; so far back is looked again.
OVERLAP = 5 * 60
# What is younger may still be on its way to the webhook.
ON_ITS_WAY = 60
MOST_PAGES = 50
# Not a word of Outcome: the event could be neither applied nor recorded, and stays at Stripe.
FAILED = "failed"


def catch_up(*, is_dry_run: bool = False) -> Counter[str]:
    """Take in the events that never came; returns how many there were of each outcome.

    The cursor moves only past what is committed. A round reads MOST_PAGES pages of each walk; the
    next goes on there. Raises the gateway's errors: what was taken in by then stays.
    """
    outcomes: Counter[str] = Counter()
    seen: set[str] = set()
    for walk in (_forward(is_dry_run), _through_the_undelivered(is_dry_run)):
        for page in walk:
            missed = [event for event in _unknown(page) if event["id"] not in seen]
            seen.update(event["id"] for event in missed)
            outcomes.update(_take_in(event, is_dry_run) for event in missed)
    return outcomes


def _forward(is_dry_run: bool) -> Iterator[list[Document]]:
    """Yield pages of events in the order of their creation, a little before the cursor first.

    A page counts as taken in when the next one is asked for. Those before the cursor don't count
    among MOST_PAGES, so that a round always comes further.
    """
    position = cursors.position_of(EVENTS)
    since = int(position) - OVERLAP if position else _first_payment()
    if since is None:
        return
    youngest, pages = int(clock.timestamp()) - ON_ITS_WAY, 0
    for page in _pages_from(since):
        grown = [event for event in page if event["created"] <= youngest]
        yield grown
        came_to = max((event["created"] for event in grown), default=0)
        if came_to > int(position or 0):
            pages += 1
            if not is_dry_run:
                cursors.move(EVENTS, before=position, after=str(came_to))
                position = str(came_to)
        if len(grown) < len(page) or pages == MOST_PAGES:
            return


def _pages_from(since: int) -> Iterator[list[Document]]:
    anchor = gateway().events_until(since, events.HEARD, limit=1).events
    if not anchor:
        anchor = [oldest] if (oldest := _oldest_event()) else []
        yield anchor
    while anchor:
        page = gateway().events_after(anchor[-1]["id"], events.HEARD)
        yield page.events
        anchor = page.events[-1:] if page.has_more else []


def _oldest_event() -> Document | None:
    """Walk to the end of Stripe's list, where there is nothing as old as what we look for."""
    oldest, has_more = None, True
    while has_more:
        last = oldest["id"] if oldest else None
        page = gateway().events_until(None, events.HEARD, older_than=last)
        oldest, has_more = page.events[0] if page.events else oldest, page.has_more
    return oldest


def _first_payment() -> int | None:
    """Where to begin without a cursor: what is older can't be about a payment of ours."""
    with reading() as session:
        first = session.scalar(select(func.min(Payment.created_at)))
    return int((first - CLOCK_SKEW).timestamp()) if first else None


def _through_the_undelivered(is_dry_run: bool) -> Iterator[list[Document]]:
    """Yield pages of what Stripe couldn't deliver, newest page first; every one in turn.

    One endpoint of somebody else's that is away can make this list long.
    """
    position = cursors.position_of(UNDELIVERED)
    until = int(position) if position else int(clock.timestamp()) - ON_ITS_WAY
    last, after = None, ""
    for _ in range(MOST_PAGES):
        page = gateway().events_until(until, events.HEARD, older_than=last, only_undelivered=True)
        yield page.events
        if not page.has_more:
            after = ""
            break
        last, after = page.events[0]["id"], str(page.events[0]["created"])
    if after != position and not is_dry_run:
        cursors.move(UNDELIVERED, before=position, after=after)


def _unknown(page: list[Document]) -> list[Document]:
    """Leave out what the ledger has: it was applied when it came."""
    ids = [event["id"] for event in page]
    with reading() as session:
        known = set(session.scalars(select(StripeEvent.id).where(StripeEvent.id.in_(ids))))
    return [event for event in page if event["id"] not in known]


def _take_in(document: Document, is_dry_run: bool) -> str:
    """Take one in; an event that fails by a bug of ours doesn't keep the others out.

    Stripe lists it as undelivered for 30 days, and it is tried again with every round.
    """
    try:
        if is_dry_run:
            return events.weigh_event(document).outcome
        return events.take_in(document).outcome
    except Exception as error:
        if is_unavailable(error):
            raise
        log.exception("event=%s outcome=failed", document.get("id"))
        return FAILED
