"""API calls that fail because someone asked for it.

`timeout_before` loses the request, `timeout_after` and `reset` lose the answer to a request that
was carried out. `SandboxFault` leaves the WSGI application: the server then hangs or closes the
connection, and a caller in the same process translates it into what its HTTP client would raise.
"""

import threading
from dataclasses import dataclass

from stripe_sandbox.protocol.errors import StripeError

KINDS = ("timeout_before", "timeout_after", "reset", "500", "429", "409")


class SandboxFault(Exception):
    """The answer that never comes. `kind` is timeout_before, timeout_after or reset."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"The sandbox was asked to misbehave: {kind}.")
        self.kind = kind


@dataclass
class _Fault:
    path: str
    kind: str
    times: int


class Faults:
    """The faults that wait for a request, oldest first."""

    def __init__(self) -> None:
        self._waiting: list[_Fault] = []
        self._lock = threading.Lock()

    def add(self, path: str, kind: str, times: int = 1) -> None:
        """Let the next `times` requests whose path begins with `path` fail."""
        with self._lock:
            self._waiting.append(_Fault(path, kind, times))

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._waiting.clear()

    def take(self, path: str) -> str | None:
        """Return the kind of fault that this request suffers, and use it up."""
        with self._lock:
            for fault in self._waiting:
                if path.startswith(fault.path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault.kind
        return None


def error_for(kind: str | None) -> StripeError | None:
    """Return the error that Stripe answers for a kind, None for those without an answer."""
    match kind:
        case "500":
            return StripeError("An unexpected error occurred.", kind="api_error", status=500)
        case "429":
            return StripeError("Request rate limit exceeded.", code="rate_limit", status=429)
        case "409":
            return StripeError(
                "This object cannot be accessed right now because another API request or Stripe "
                "process is currently accessing it.",
                code="lock_timeout",
                status=409,
            )
    return None
