"""Errors in Stripe's words: one exception that knows its HTTP status and its JSON."""

from typing import Any

from stripe_sandbox.protocol.masks import without_numbers
from stripe_sandbox.protocol.shapes import Json

_STATUS = {"card_error": 402, "idempotency_error": 400, "api_error": 500}


class StripeError(Exception):
    """An answer other than 200; raise it anywhere below the transport. Names no card's number.

    `fields` are those of Stripe's error object beyond type, code, message and param: decline_code,
    charge, payment_intent, payment_method.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        status: int | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status or _STATUS.get(kind, 400)
        doc_url = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}" if code else None
        known = {
            **fields,
            "code": code,
            "doc_url": doc_url,
            "message": without_numbers(message),
            "param": param and without_numbers(param),
            "type": kind,
        }
        self.headers: dict[str, str] = {}
        self.fields: Json = {name: value for name, value in known.items() if value is not None}


def missing(kind: str, object_id: str, param: str = "id", status: int = 404) -> StripeError:
    """Return the 404 for an id that names nothing; pass 400 when a parameter holds the id."""
    return StripeError(
        f"No such {kind.replace('.', ' ')}: '{object_id}'",
        code="resource_missing",
        param=param,
        status=status,
    )


def required(param: str) -> StripeError:
    """Return the 400 for a parameter that is not there."""
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(message: str, param: str, code: str | None = None) -> StripeError:
    """Return the 400 for a parameter that is there and wrong."""
    return StripeError(message, code=code, param=param)


def lacking(param: str) -> StripeError:
    """Return the 501 for a parameter, or a value of it, that Stripe honours and we don't."""
    return StripeError(
        f"Stripe takes {param} here, the sandbox does not.",
        kind="api_error",
        param=param,
        status=501,
    )
