"""The JSON API below /v1: another door to the functions that the pages use.

The order of a request, in one place: a view is marked with the scope that it needs (`requires`),
and before it runs the caller is authenticated, the scope checked, the limits counted and the
Idempotency-Key claimed. Only then is the body parsed. So nobody learns anything about a body
without a key, and no answer is stored for a caller who isn't known.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, g, request

from storefront.views.api import (
    access,
    cart,
    cors,
    idempotency,
    orders,
    payments,
    products,
    reference,
    refusals,
)
from storefront.views.api.blueprint import IdConverter, bp
from storefront.views.api.errors import ApiError, error_answer, request_id
from storefront.views.limits import count_address, count_caller
from storefront.views.security import SAFE_METHODS, csrf

__all__ = ["cart", "init_api", "orders", "payments", "products", "surround"]

log = logging.getLogger(__name__)


def init_api(app: Flask) -> None:
    """Register the API's routes and what surrounds its requests."""
    app.json.sort_keys = False  # type: ignore[attr-defined]  # fields as the schemas order them
    app.url_map.converters["id"] = IdConverter
    app.register_error_handler(ApiError, error_answer)
    app.register_blueprint(bp)
    app.register_blueprint(reference.bp)
    cors.init_cors(app)


def surround(bp: Blueprint) -> None:
    """Put around every view of a blueprint what a request that needs a caller goes through."""
    csrf.exempt(bp)
    bp.before_request(_come_in)
    bp.after_request(idempotency.keep_answer)
    bp.after_request(_note_change)
    refusals.init_refusals(bp)


def _come_in() -> Response | None:
    if request.method == "OPTIONS":  # a browser's preflight carries no credentials
        return None
    count_address()
    access.admit()
    count_caller()
    return idempotency.claim_key(access.caller().id)


def _note_change(response: Response) -> Response:
    """Leave a line about who changed something, or tried to."""
    if request.method not in SAFE_METHODS and "caller" in g:
        log.info(
            "request=%s caller=%s endpoint=%s status=%d",
            request_id(), access.caller().id, request.endpoint, response.status_code,
        )  # fmt: skip
    return response


surround(bp)
