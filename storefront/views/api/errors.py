"""The one shape in which the API says what went wrong, and every code that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import g, jsonify, request
from werkzeug.wrappers import Response

from storefront import clock
from storefront.ids import new_id

BELOW_API = "/v1/"


class ErrorCode(StrEnum):
    """What went wrong, for a program to branch on; `CODES` has the status and the sentence."""

    MALFORMED_REQUEST = "MALFORMED_REQUEST"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    PAYMENT_PROCESSING = "PAYMENT_PROCESSING"
    CART_ORDERED = "CART_ORDERED"
    IDEMPOTENCY_KEY_IN_USE = "IDEMPOTENCY_KEY_IN_USE"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    INVALID_FIELDS = "INVALID_FIELDS"
    CART_EMPTY = "CART_EMPTY"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    PRICE_CHANGED = "PRICE_CHANGED"
    INVALID_AMOUNT = "INVALID_AMOUNT"
    ORDER_ALREADY_PAID = "ORDER_ALREADY_PAID"
    ORDER_CLOSED = "ORDER_CLOSED"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    TOO_MUCH_HELD = "TOO_MUCH_HELD"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    PAYMENT_PROVIDER_UNAVAILABLE = "PAYMENT_PROVIDER_UNAVAILABLE"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The HTTP status of a code, and what a caller can do about it."""

    status: int
    sentence: str


CODES: Mapping[ErrorCode, Meaning] = {
    ErrorCode.MALFORMED_REQUEST: Meaning(
        400, "The request can't be read. Send one strict JSON document in UTF-8, as documented."
    ),
    ErrorCode.UNAUTHENTICATED: Meaning(
        401, "Send `Authorization: Bearer` with an API key or a token that is valid now."
    ),
    ErrorCode.FORBIDDEN: Meaning(403, "The key or token lacks the scope that this needs."),
    ErrorCode.NOT_FOUND: Meaning(404, "There is nothing here, or it isn't yours to see."),
    ErrorCode.METHOD_NOT_ALLOWED: Meaning(405, "Use one of the methods that `Allow` names."),
    ErrorCode.PAYMENT_PROCESSING: Meaning(
        409, "A payment of this order is on its way. Ask for the order until it is decided."
    ),
    ErrorCode.CART_ORDERED: Meaning(
        409, "The cart was ordered meanwhile. Look at it again, then change it."
    ),
    ErrorCode.IDEMPOTENCY_KEY_IN_USE: Meaning(
        409, "The first request with this Idempotency-Key is still running. Send it again shortly."
    ),
    ErrorCode.BODY_TOO_LARGE: Meaning(413, "The body is larger than the API takes."),
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: Meaning(415, "Send `Content-Type: application/json`."),
    ErrorCode.INVALID_FIELDS: Meaning(422, "Mend the fields that `details` names."),
    ErrorCode.CART_EMPTY: Meaning(422, "The cart is empty. Put something into it first."),
    ErrorCode.INSUFFICIENT_STOCK: Meaning(
        422, "Fewer are left than are wanted. Change the quantities of the items in `details`."
    ),
    ErrorCode.PRICE_CHANGED: Meaning(
        422, "Prices changed since these items were chosen. Put them again to accept today's."
    ),
    ErrorCode.INVALID_AMOUNT: Meaning(422, "Stripe takes no payment of this size."),
    ErrorCode.ORDER_ALREADY_PAID: Meaning(422, "The order is paid. There is nothing left to do."),
    ErrorCode.ORDER_CLOSED: Meaning(422, "The order is cancelled. Place a new one."),
    ErrorCode.TOO_MANY_ATTEMPTS: Meaning(
        422,
        "The order had all the attempts to pay it that it gets. "
        "Cancel it, then fill the cart and order again.",
    ),
    ErrorCode.TOO_MUCH_HELD: Meaning(
        422, "As much is set aside for you as may be. Pay, cancel or wait, or order less."
    ),
    ErrorCode.IDEMPOTENCY_KEY_REUSED: Meaning(
        422, "This Idempotency-Key was used for another request. Use a new one for a new request."
    ),
    ErrorCode.RATE_LIMITED: Meaning(429, "Too many requests. Wait as long as `Retry-After` says."),
    ErrorCode.INTERNAL_ERROR: Meaning(
        500, "Something broke on our side. Send it again, with the same Idempotency-Key."
    ),
    ErrorCode.PAYMENT_PROVIDER_UNAVAILABLE: Meaning(
        503,
        "Stripe doesn't answer, or refused us; what happened isn't known here. "
        "Look at the order, then send this again with the same Idempotency-Key.",
    ),
    ErrorCode.SERVICE_UNAVAILABLE: Meaning(503, "We are very busy just now. Send it again."),
}
RETRY_AFTER = {502: "5", 503: "2"}
BY_STATUS: Mapping[int, ErrorCode] = {
    400: ErrorCode.MALFORMED_REQUEST,
    401: ErrorCode.UNAUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.BODY_TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    422: ErrorCode.INVALID_FIELDS,
    429: ErrorCode.RATE_LIMITED,
    502: ErrorCode.PAYMENT_PROVIDER_UNAVAILABLE,
    503: ErrorCode.SERVICE_UNAVAILABLE,
}


class ApiError(Exception):
    """The request is refused or failed: `code`, and a sentence that says what to do."""

    def __init__(
        self,
        code: ErrorCode,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.message = message or CODES[code].sentence
        self.details = dict(details or {})
        self.headers = dict(headers or {})
        super().__init__(self.message)


def error_answer(error: ApiError, status: int | None = None) -> Response:
    """Return the answer that tells of an error; `status`, if it isn't the code's usual one."""
    status = status or CODES[error.code].status
    response = jsonify(
        error={"code": error.code, "message": error.message, "details": error.details},
        request_id=request_id(),
        timestamp=clock.as_text(clock.now()),
    )
    response.status_code = status
    if status in RETRY_AFTER:
        response.headers["Retry-After"] = RETRY_AFTER[status]
    response.headers.extend(error.headers)
    return response


def answer_of_status(status: int, code: ErrorCode | None = None) -> Response:
    """Return the answer for a failure that has nothing but a status to tell."""
    is_ours = status >= CODES[ErrorCode.INTERNAL_ERROR].status
    usual = ErrorCode.INTERNAL_ERROR if is_ours else ErrorCode.MALFORMED_REQUEST
    return error_answer(ApiError(code or BY_STATUS.get(status, usual)), status)


def is_below_api() -> bool:
    """Say whether a program is asking, so that it gets JSON and not a page."""
    return f"{request.path}/".startswith(BELOW_API)


def request_id() -> str:
    """Return the name of this request, which the log and the answer's X-Request-ID carry."""
    if "request_id" not in g:
        g.request_id = new_id("req")
    return str(g.request_id)
