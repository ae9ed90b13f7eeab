"""One arrow of a trace: who says what to whom, and the row that it was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from storefront.lifecycle import Flow
from storefront.models import GatewayCall, Payment, StripeEvent, Transition


class Lane(IntEnum):
    """Who takes part, from left to right."""

    SHOPPER = 0
    PAGE = 1
    API = 2
    STRIPE = 3
    WEBHOOK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One arrow. `at` is None while it hasn't happened, and for what happens just now.

    `by_stripes_clock`: `at` is a whole second of Stripe's. `since` is the time from the last step
    that our own clock dated; `is_at_once`: it is part of that step. `about` is the row that it was
    read from. It happened `times` times, the last time at `until` (see `folding`). `attempts` are
    the order's, where it needs saying which of them moved.
    """

    key: str
    number: int | None
    kind: str
    source: Lane
    target: Lane
    at: datetime | None = None
    is_done: bool = True
    by_stripes_clock: bool = False
    since: timedelta | None = None
    is_at_once: bool = False
    times: int = 1
    until: datetime | None = None
    about: Payment | GatewayCall | StripeEvent | None = None
    moves: Sequence[Transition] = ()
    attempts: Sequence[Payment] = ()
    flow: Flow = Flow.PAYMENT_INTENT
