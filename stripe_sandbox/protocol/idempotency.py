"""Idempotency keys: the same key gives the same answer for 24 hours, a 500 included."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.sandbox import Sandbox

LIFETIME = 24 * 3600
_LONGEST = 255
_log = logging.getLogger("stripe_sandbox")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


def once(
    sandbox: Sandbox,
    execute: Callable[[], Json],
    *,
    key: str,
    fingerprint: str,
    cause: str,
) -> Answer:
    """Return the stored answer for `key`, or execute, store and return.

    Raises 400 when the key was used for something else, 409 while its first use is in flight.
    """
    if len(key) > _LONGEST:
        raise StripeError(f"Idempotency keys can be at most {_LONGEST} characters long.")
    if not key.isprintable():
        raise StripeError("Idempotency keys can have no control characters.")
    with sandbox.idempotency_lock:
        forget_old(sandbox)
        if kept := sandbox.state.idempotency.get(key):
            return _replayed(kept, key, fingerprint)
        if key in sandbox.keys_in_flight:
            raise _in_flight(key)
        sandbox.keys_in_flight.add(key)
    try:
        with sandbox.caused_by(cause, key):
            at = sandbox.time()
            answer = executed(sandbox, execute)
            row = {"at": at, "fingerprint": fingerprint, "request": cause}
            row |= {"status": answer.status, "body": answer.body}
            sandbox.state.idempotency[key] = row
            sandbox.changes += 1
    finally:
        with sandbox.idempotency_lock:
            sandbox.keys_in_flight.discard(key)
    return answer


def executed(sandbox: Sandbox, execute: Callable[[], Json]) -> Answer:
    """Return the endpoint's answer, that of an error included. Hold the lock."""
    try:
        return Answer(200, execute())
    except StripeError as error:
        return Answer(error.status, {"error": error.fields})
    except Exception:
        _log.exception("request=%s bug=true", sandbox.cause["id"])
        message = "The sandbox has a bug here: its log says more."
        return Answer(500, {"error": {"type": "api_error", "message": message}})


def forget_old(sandbox: Sandbox) -> None:
    """Forget the keys that are a day old, the first used first. Hold `idempotency_lock`."""
    keys = sandbox.state.idempotency
    latest = sandbox.time() - LIFETIME
    while keys and keys[oldest := next(iter(keys))]["at"] <= latest:
        del keys[oldest]


def _replayed(kept: Json, key: str, fingerprint: str) -> Answer:
    if kept["fingerprint"] != fingerprint:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request.",
            kind="idempotency_error",
        )
    headers = {"Idempotent-Replayed": "true", "Original-Request": kept["request"]}
    if kept["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        headers["Stripe-Should-Retry"] = "false"
    return Answer(kept["status"], kept["body"], headers)


def _in_flight(key: str) -> StripeError:
    return StripeError(
        "There is currently another in-progress request using this Idempotent Key (that probably "
        f"means you submitted twice, and the other request is still going through): {key}. Please "
        "try again later.",
        kind="idempotency_error",
        code="idempotency_key_in_use",
        status=409,
    )
