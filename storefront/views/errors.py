"""What people and machines read when something went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError
from werkzeug.wrappers import Response

from storefront.config import settings
from storefront.db import is_unavailable
from storefront.gateway_errors import GatewayError, GatewayMisuse, GatewayUnavailable
from storefront.languages import Sentence
from storefront.views.api.errors import (
    ApiError,
    ErrorCode,
    answer_of_status,
    error_answer,
    is_below_api,
    request_id,
)
from storefront.views.languages import spoken
from storefront.views.visitor import StrangeOrder

log = logging.getLogger(__name__)

WORDS = {
    400: (
        Sentence("That request made no sense"),
        Sentence("Go back and try again from the page before."),
    ),
    403: (
        Sentence("That didn’t come from our page"),
        Sentence("Go back, reload the page and send it again."),
    ),
    404: (
        Sentence("There is nothing here"),
        Sentence("The page doesn’t exist, or it isn’t yours to see."),
    ),
    405: (
        Sentence("That can’t be done here"),
        Sentence("Go back and use the buttons on the page."),
    ),
    413: (
        Sentence("That was too much"),
        Sentence("What was sent is larger than this page takes."),
    ),
    429: (Sentence("Too many requests"), Sentence("Wait a minute, then try again.")),
    500: (
        Sentence("Something broke on our side"),
        Sentence("Nothing was charged by this. Try again in a moment."),
    ),
    502: (
        Sentence("The payment provider refused us"),
        Sentence("What happened isn’t known here. Look at your order before you try again."),
    ),
    503: (
        Sentence("We are very busy just now"),
        Sentence("Nothing was lost. Try again in a moment."),
    ),
}

STRIPE_IS_AWAY = (
    Sentence("Stripe can’t be reached just now"),
    Sentence("What happened isn’t known here. Look at your order before you try again."),
)

STRANGE_ORDER = (
    Sentence("This browser doesn’t know that order"),
    Sentence(
        "If you have just paid, nothing is lost: Stripe tells us itself. "
        "Look at the order in the browser that you ordered with."
    ),
)


def init_errors(app: Flask) -> None:
    """Answer every failure with a page, or with JSON below /v1; name every request."""
    app.register_error_handler(CSRFError, lambda _: error_page(403))
    app.register_error_handler(HTTPException, _as_http)
    app.register_error_handler(StrangeOrder, lambda _: error_page(404, *STRANGE_ORDER))
    app.register_error_handler(SecurityError, lambda _: _unknown_host())
    app.register_error_handler(GatewayMisuse, _logged(HTTPStatus.BAD_GATEWAY))
    app.register_error_handler(GatewayUnavailable, _as_stripe_away)
    app.register_error_handler(Exception, _as_failure)
    app.after_request(_name_request)


def error_page(
    status: int,
    title: str | None = None,
    sentence: str | None = None,
    *,
    retry: dict[str, str] | None = None,
    code: ErrorCode | None = None,
) -> Response:
    """Return the error page of a status; its words unless others are given.

    A program that asks below /v1 gets the API's answer, with the status's `code` unless another
    is given.
    """
    if is_below_api():
        return answer_of_status(status, code)
    g.is_anonymous = True
    page = render_template(
        "errors/error.html",
        status=int(status),
        title=spoken(title or _words(status)[0]),
        sentence=spoken(sentence or _words(status)[1]),
        request_id=g.get("request_id"),
        retry=retry,
    )
    response = make_response(page, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "2"
    return response


def _name_request(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    return response


def _unknown_host() -> Response:
    """Answer a Host that isn't trusted without a page: no address can be built for one."""
    sentence = f"The shop is served at {settings().public_base_url} only."
    if is_below_api():
        return error_answer(ApiError(ErrorCode.MALFORMED_REQUEST, sentence))
    return Response(f"{sentence}\n", 400, mimetype="text/plain")


def _as_http(error: HTTPException) -> Response:
    response = error_page(error.code or 500)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _as_failure(error: Exception) -> Response:
    return _logged(HTTPStatus(503 if is_unavailable(error) else 500))(error)


def _as_stripe_away(error: GatewayUnavailable) -> Response:
    status, code = HTTPStatus.SERVICE_UNAVAILABLE, ErrorCode.PAYMENT_PROVIDER_UNAVAILABLE
    response = _logged(status, *STRIPE_IS_AWAY, code=code)(error)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _logged(
    status: HTTPStatus, *words: str, code: ErrorCode | None = None
) -> Callable[[Exception], Response]:
    def answer(error: Exception) -> Response:
        log.error(
            "request=%s endpoint=%s status=%d error=%s reason=%s",
            request_id(), request.endpoint, status, type(error).__name__, _reason(error),
            exc_info=error if status == HTTPStatus.INTERNAL_SERVER_ERROR else None,
        )  # fmt: skip
        return error_page(status, *words, code=code)

    return answer


def _reason(error: Exception) -> str:
    """Say what went wrong, without a shopper's data or a key.

    Stripe's sentences quote what they were given; the engine hides its parameters.
    """
    if isinstance(error, GatewayError):
        return error.code or type(error.__cause__ or error).__name__
    return (str(error).splitlines() or [""])[0]


def _words(status: int) -> tuple[Sentence, Sentence]:
    return WORDS.get(status) or WORDS[400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500]
