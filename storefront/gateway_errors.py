"""The ways in which Stripe doesn't do what was asked, sorted by what the caller can do then."""

from __future__ import annotations

import math


class GatewayError(Exception):
    """Stripe didn't do what was asked. `code` is Stripe's, where it gave one."""

    retry_after = 5

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class Declined(GatewayError):
    """The shopper can fix it; the message is Stripe's, for the shopper to read."""


class GatewayUnavailable(GatewayError):
    """The outcome is unknown: change nothing, and try again with the same idempotency key.

    That may help in `retry_after` seconds.
    """

    def __init__(
        self, message: str, *, code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, code=code)
        if retry_after is not None:
            self.retry_after = max(1, math.ceil(retry_after))


class GatewayBusy(GatewayUnavailable):
    """The same request is being worked on at this moment, for somebody else."""


class GatewayMisuse(GatewayError):
    """Stripe understood and refused: the object isn't in that state, or we have a bug.

    `is_refusal` is true when the request itself was refused, so that it certainly did nothing.
    """

    is_refusal = False


class KeySpent(GatewayMisuse):
    """The idempotency key answers with an old failure, or was used for another request.

    Asking again with it never helps; whether the object was made must be looked up.
    """


class InvalidSignature(Exception):
    """The delivery isn't signed by Stripe with a secret of ours, or it is too old or too new."""
