"""What the shop reads from Stripe in lists: its events, and the objects that attempts made.

Every page is a call of its own, so nothing is held open between two of them. `Gateway` has these
methods; they are apart because they are a story of their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from storefront.evidence import Snapshot, read_snapshot
from storefront.gateway_errors import GatewayMisuse
from storefront.lifecycle import Flow

PAGE = 100  # https://docs.stripe.com/api/pagination: the most that a page holds
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Stripe showed us of an object, and when by its own clock, in seconds.

    The answer to a creation is dated by the object's own `created`: a retry gets a copy of the
    first answer, which isn't news.
    """

    snapshot: Snapshot
    as_of: int
    is_creation: bool = False


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events, the oldest first; `has_more` when others follow in the same direction."""

    events: list[Document]
    has_more: bool


class Lists(ABC):
    """The part of the gateway that pages through what Stripe has."""

    @property
    @abstractmethod
    def _client(self) -> Any: ...

    @abstractmethod
    def _calling(self, name: str) -> AbstractContextManager[None]: ...

    def find(self, flow: Flow, payment_id: str, *, since: int) -> str | None:
        """Return the id of the object that an attempt made at Stripe, if it made one.

        Looks at the objects created at Stripe from `since` on, in seconds.
        """
        for answer in self.objects(flow, since=since):
            if answer.snapshot.payment_id == payment_id:
                return _id_of(answer.snapshot)
        return None

    def objects(self, flow: Flow, *, since: int) -> Iterator[Answer]:
        """Yield what was created at Stripe from `since` on, as it is now; the newest first.

        Not only what this shop made: other programs may use the same account.
        """
        services = {
            Flow.PAYMENT_INTENT: (self._client.v1.payment_intents, "data.latest_charge"),
            Flow.CHECKOUT_SESSION: (self._client.v1.checkout.sessions, "data.payment_intent"),
        }
        service, inside = services[flow]
        params: dict[str, Any] = {"created": {"gte": since}, "limit": PAGE, "expand": [inside]}
        has_more = True
        while has_more:
            with self._calling(f"{flow}.list"):
                page = service.list(params)
            as_of = date_of(page)
            yield from (Answer(snapshot_of(each), as_of) for each in page.data)
            has_more = page.has_more
            if has_more:
                params["starting_after"] = page.data[-1].id

    def events_after(self, event_id: str, types: Iterable[str]) -> EventPage:
        """Return the events of these types that came next after one of them, by its id.

        Raises GatewayMisuse when Stripe doesn't have that one any more: it keeps 30 days.
        """
        return self._events({"ending_before": event_id, "types": list(types)})

    def events_until(
        self,
        until: int | None,
        types: Iterable[str],
        *,
        limit: int = PAGE,
        older_than: str | None = None,
        only_undelivered: bool = False,
    ) -> EventPage:
        """Return the last events of these types created up to `until`, in seconds.

        `older_than` names the event that a page before this one ended with. Undelivered ones are
        those that an endpoint of the account hasn't taken yet, whichever it is.
        """
        params: dict[str, Any] = {"types": list(types), "limit": limit}
        if until is not None:
            params["created"] = {"lte": until}
        if older_than:
            params["starting_after"] = older_than
        if only_undelivered:
            params["delivery_success"] = False
        return self._events(params)

    def _events(self, params: Mapping[str, Any]) -> EventPage:
        with self._calling("events.list"):
            page = self._client.v1.events.list({"limit": PAGE, **params})
        found = [each.to_dict(for_json=True) for each in reversed(page.data)]
        return EventPage(found, page.has_more)


def date_of(found: Any) -> int:
    """Return when Stripe answered, by its own clock, in seconds."""
    return int(parsedate_to_datetime(found.last_response.headers["Date"]).timestamp())


def snapshot_of(found: Any) -> Snapshot:
    """Read a PaymentIntent or a Checkout Session; raises GatewayMisuse for anything else."""
    snapshot = read_snapshot(found.to_dict(for_json=True))
    if snapshot is None:
        raise GatewayMisuse("Stripe answered with another kind of object.")
    return snapshot


def _id_of(snapshot: Snapshot) -> str | None:
    return snapshot.checkout_session_id or snapshot.payment_intent_id
