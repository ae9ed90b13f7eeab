"""API calls that fail because a rule says so.

`timeout_before` loses the request, `timeout_after` and `reset` lose the answer to a request that
was carried out. `SandboxFault` leaves the WSGI application: the server then hangs or closes the
connection, and a caller in the same process translates it into what its HTTP client would raise.
"""

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.rules import FOR_CALLS, Rules

_ERRORS: dict[str, Json] = {
    "500": {"message": "An unexpected error occurred.", "kind": "api_error", "status": 500},
    "429": {"message": "Request rate limit exceeded.", "code": "rate_limit", "status": 429},
    "409": {
        "message": "This object cannot be accessed right now because another API request or Stripe "
        "process is currently accessing it.",
        "code": "lock_timeout",
        "status": 409,
    },
}


class SandboxFault(Exception):
    """The answer that never comes. `kind` is timeout_before, timeout_after or reset."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"The sandbox was asked to misbehave: {kind}.")
        self.kind = kind


class Faults:
    """What the next API calls suffer."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def add(self, path: str, kind: str, times: int = 1) -> None:
        """Let the next `times` requests whose path begins with `path` fail."""
        self._rules.add(kind, path=path, times=times)

    def clear(self) -> None:
        """Let everything work again."""
        self._rules.clear(set(FOR_CALLS))

    def take(self, path: str, method: str, request_id: str) -> Json | None:
        """Return the rule that this request suffers, counted as used; the oldest that fits."""
        is_taken = False

        def fits(rule: Json) -> bool:
            nonlocal is_taken
            if is_taken or rule["kind"] not in FOR_CALLS:
                return False
            return path.startswith(rule["path"]) and rule["method"] in {None, method}

        struck = self._rules.take(fits, request_id)
        return struck[0] if struck else None


def lose_request(rule: Json | None) -> None:
    """Raise `SandboxFault` when a request is to be lost before anything is done."""
    if rule and rule["kind"] == "timeout_before":
        raise SandboxFault(rule["kind"])


def lose_answer(rule: Json | None) -> None:
    """Raise `SandboxFault` when the answer to what was done is to be lost."""
    if rule and rule["kind"] in {"timeout_after", "reset"}:
        raise SandboxFault(rule["kind"])


def is_remembered(rule: Json | None) -> bool:
    """Whether the error is the answer of an execution, kept under the idempotency key."""
    return rule is not None and rule["kind"] == "500"


def error_for(rule: Json | None) -> StripeError | None:
    """Return the error that Stripe answers, None where it doesn't answer or nothing is wrong."""
    known = _ERRORS.get(rule["kind"]) if rule else None
    if rule is None or known is None:
        return None
    error = StripeError(**known)
    error.headers = _headers(rule)
    return error


def _headers(rule: Json) -> dict[str, str]:
    headers = {}
    if (seconds := rule.get("retry_after")) is not None:
        headers["Retry-After"] = str(seconds)
    if (should_retry := rule.get("should_retry")) is not None:
        headers["Stripe-Should-Retry"] = str(should_retry).lower()
    return headers
