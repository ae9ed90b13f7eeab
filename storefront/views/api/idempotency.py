"""`Idempotency-Key` on POST: the same request gets the same answer, and happens once.

After https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
"""

from __future__ import annotations

import hashlib
import logging
import re
from http import HTTPStatus

from flask import Response, g, request

from storefront import answers
from storefront.answers import Answer, Claim, KeyReused, StillInFlight
from storefront.db import is_unavailable
from storefront.views.api.errors import ApiError, ErrorCode
from storefront.views.security import LARGEST_FORM, read_body

log = logging.getLogger(__name__)

KEY = re.compile(r"[ -~]{1,255}")
# Kept with the body; every other header is about the moment, not about the answer.
HEADERS = ("Content-Type", "Location")
# What was done. A refusal is about the moment and a failure is no answer: both release the key.
DONE = {HTTPStatus.OK, HTTPStatus.CREATED}


def claim_key(caller_id: str) -> Response | None:
    """Claim the request's key before its view runs, or return the answer it got before.

    Comes after authentication and limits, so a key is only ever that of a caller who may ask.
    """
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or key is None:
        return None
    if not KEY.fullmatch(key):
        raise ApiError(
            ErrorCode.MALFORMED_REQUEST,
            "Idempotency-Key must be 1 to 255 printable ASCII characters.",
        )
    try:
        found = answers.claim(caller_id, key, _fingerprint())
    except KeyReused as error:
        raise ApiError(ErrorCode.IDEMPOTENCY_KEY_REUSED, str(error)) from error
    except StillInFlight as error:
        wait = {"Retry-After": str(error.retry_after)}
        raise ApiError(ErrorCode.IDEMPOTENCY_KEY_IN_USE, str(error), headers=wait) from error
    if isinstance(found, Answer):
        return _replayed(found)
    g.claimed_key = found
    return None


def keep_answer(response: Response) -> Response:
    """Keep what the request brought about, or release its key; never spoil the answer itself."""
    claimed: Claim | None = g.pop("claimed_key", None)
    if claimed is None:
        return response
    try:
        if response.status_code in DONE:
            answers.keep(claimed, _as_answer(response))
        else:
            answers.release(claimed)
    except Exception as error:
        if not is_unavailable(error):
            raise
        log.warning("request=%s answer=lost reason=%s", g.get("request_id"), type(error).__name__)
    return response


def _fingerprint() -> str:
    """Name the request by what it asks for: method, path and the body's very bytes."""
    body = read_body(LARGEST_FORM)
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + body).hexdigest()


def _as_answer(response: Response) -> Answer:
    headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
    return Answer(response.status_code, headers, response.get_data())


def _replayed(answer: Answer) -> Response:
    headers = {**answer.headers, "Idempotent-Replayed": "true"}
    return Response(answer.body, answer.status, headers)
