"""Where Stripe delivers its events. The status code is an instruction to Stripe.

200 only once the outcome is committed; 4xx for what can't be Stripe's; any other answer asks for
another delivery: right when we failed, wrong when there is merely nothing to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Blueprint, Flask, current_app, jsonify, request
from werkzeug.wrappers import Response

from storefront import errands, events
from storefront.config import WEBHOOK_HINT, settings
from storefront.evidence import MalformedEvent
from storefront.gateway_errors import InvalidSignature
from storefront.views.api.errors import CODES, ApiError, ErrorCode, error_answer
from storefront.views.security import csrf, read_body

log = logging.getLogger(__name__)
bp = Blueprint("webhooks", __name__, url_prefix="/v1")
csrf.exempt(bp)

LARGEST_BODY = 512 * 1024


@bp.post("/webhooks/stripe")
@bp.post("/payments/webhook")
def stripe() -> Response:
    """Receive one delivery and answer its outcome in a word."""
    if not settings().webhook_secrets:
        return _refuse(
            ErrorCode.SERVICE_UNAVAILABLE, f"STRIPE_WEBHOOK_SECRET is not set. {WEBHOOK_HINT}"
        )
    body = read_body(LARGEST_BODY)
    try:
        done = events.receive(body, request.headers.get("Stripe-Signature", ""))
    except (InvalidSignature, MalformedEvent) as error:
        return _refuse(ErrorCode.MALFORMED_REQUEST, str(error))
    response = jsonify(outcome=done.outcome)
    if done.has_calls:
        response.call_on_close(_work_in(current_app._get_current_object()))  # type: ignore[attr-defined]  # noqa: SLF001
    return response


def _refuse(code: ErrorCode, sentence: str) -> Response:
    log.warning("webhook=refused status=%d reason=%s", CODES[code].status, sentence)
    return error_answer(ApiError(code, sentence))


def _work_in(app: Flask) -> Callable[[], None]:
    """Return what makes the calls that the event decided on, once Stripe has its answer."""

    def work() -> None:
        with app.app_context():
            errands.run(at_most=2)

    return work
