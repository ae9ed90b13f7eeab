"""How often somebody may ask: counted by caller and by address, on the pages and in the API.

The counting is that of `limits`, in Redis or in this process, which then allows its share of what
all workers together may allow. If Redis is away nobody is refused:
a shop that sells without counting loses less than one that doesn't sell.
"""

from __future__ import annotations

import functools
import ipaddress
import logging
import math
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, current_app, g, request
from flask_babel import gettext as _
from flask_babel import ngettext
from limits import RateLimitItem
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.wrappers import Response

from storefront.attempts import MOST_ATTEMPTS, TooManyAttempts
from storefront.config import settings
from storefront.views.api.errors import ApiError, ErrorCode, error_answer, is_below_api
from storefront.views.errors import error_page
from storefront.views.visitor import visitor

log = logging.getLogger(__name__)

# A Redis that doesn't answer costs this much, and then it isn't asked for a while.
REDIS_OPTIONS = {"socket_connect_timeout": 0.25, "socket_timeout": 0.25}
SECONDS_WITHOUT_COUNTING = 5.0
IPV6_NETWORK = 64  # what one customer of a provider gets

P = ParamSpec("P")
R = TypeVar("R")


class TooManyCalls(Exception):
    """Somebody asks too often; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many requests. Wait {retry_after} seconds, then send it again.")
        self.retry_after = retry_after


class Counter:
    """Counts in windows of time, in Redis or in the memory of this process, one of `workers`."""

    def __init__(self, uri: str, *, workers: int = 1) -> None:
        is_shared = not uri.startswith("memory:")
        options: dict[str, Any] = dict(REDIS_OPTIONS) if is_shared else {}
        self._storage = storage_from_string(uri, **options)
        self._among = 1 if is_shared else workers
        self._windows = FixedWindowRateLimiter(self._storage)
        self._is_away_until = 0.0

    def count(self, limits: tuple[RateLimitItem, ...], kind: str, name: str) -> None:
        """Count one call of `name`; raises TooManyCalls when one of the limits is passed."""
        if time.monotonic() < self._is_away_until:
            return
        try:
            shares = (_share(each, self._among) for each in limits)
            passed = next(
                (each for each in shares if not self._windows.hit(each, kind, name)), None
            )
            resets_at = self._windows.get_window_stats(passed, kind, name)[0] if passed else 0.0
        except self._storage.base_exceptions as error:
            self._is_away_until = time.monotonic() + SECONDS_WITHOUT_COUNTING
            log.warning(
                "limits=off seconds=%d reason=%s", SECONDS_WITHOUT_COUNTING, type(error).__name__
            )
            return
        if passed:
            log.warning("limit=%s kind=%s endpoint=%s", passed, kind, request.endpoint)
            raise TooManyCalls(max(1, math.ceil(resets_at - time.time())))


@functools.cache
def _share(limit: RateLimitItem, among: int) -> RateLimitItem:
    """Return what one of so many workers allows: the same in the same time, or less."""
    return type(limit)(max(1, limit.amount // among), limit.multiples, limit.namespace)


def init_limits(app: Flask) -> None:
    """Make the counter, and say what whoever asks too often is answered."""
    found = app.extensions["settings"].api
    app.extensions["counter"] = Counter(found.ratelimit_storage_uri, workers=found.workers)
    app.register_error_handler(TooManyCalls, _refuse)
    app.register_error_handler(TooManyAttempts, _refuse_attempt)


def count_address() -> None:
    """Count a call of the API from this address, before anything is known of the caller."""
    _count(settings().api.address_limits, "address", address())


def count_caller() -> None:
    """Count a call of this caller, from wherever it comes."""
    _count(settings().api.caller_limits, "caller", g.caller.id)


def begins_payment(view: Callable[P, R]) -> Callable[P, R]:
    """Count what a view does as the beginning of a payment, by caller or visitor, and by address.

    Who tries one card after another has to come here for each.
    """

    @functools.wraps(view)
    def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        who = g.caller.id if "caller" in g else visitor()
        if who:
            _count(settings().api.payment_limits, "payments", who)
        _count(settings().api.payment_address_limits, "payments-address", address())
        return view(*args, **kwargs)

    return counted


def address() -> str:
    """Return the address that asks, as far as trusted proxies tell; an IPv6 one as its network."""
    found = request.remote_addr or ""
    if ":" not in found:
        return found
    try:
        return str(ipaddress.IPv6Network((found, IPV6_NETWORK), strict=False))
    except ValueError:
        return found


def _count(limits: tuple[RateLimitItem, ...], kind: str, name: str) -> None:
    cast("Counter", current_app.extensions["counter"]).count(limits, kind, name)


def _refuse(error: TooManyCalls) -> Response:
    headers = {"Retry-After": str(error.retry_after)}
    if is_below_api():
        return error_answer(ApiError(ErrorCode.RATE_LIMITED, str(error), headers=headers))
    page = error_page(
        HTTPStatus.TOO_MANY_REQUESTS,
        _("That was a lot of tries"),
        ngettext(
            "Nothing was charged by this one. Wait %(num)d second, then try again.",
            "Nothing was charged by this one. Wait %(num)d seconds, then try again.",
            error.retry_after,
        ),
    )
    page.headers.extend(headers)
    return page


def _refuse_attempt(_error: TooManyAttempts) -> Response:
    return error_page(
        HTTPStatus.TOO_MANY_REQUESTS,
        _("That was a lot of tries"),
        _(
            "This order had %(most)d attempts to pay it, which is all that it gets. "
            "Cancel it and order again, or write to us.",
            most=MOST_ATTEMPTS,
        ),
    )
