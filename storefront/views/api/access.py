"""Who may call: `Authorization: Bearer` with an API key or a token, and nothing else.

A cookie, a key in the address or in the body, another scheme: all of that is nobody.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TypeVar, cast

from flask import Response, after_this_request, current_app, g, request

from storefront import api_keys
from storefront.callers import Caller, NotAuthenticated, authenticate
from storefront.views.api.errors import ApiError, ErrorCode, request_id

log = logging.getLogger(__name__)

# One scheme, one credential: two Authorization headers arrive with a comma between them.
BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/-]+=*)")
CHALLENGE = 'Bearer realm="storefront"'
NOT_MARKED = "undecided"

View = TypeVar("View", bound=Callable[..., object])


def requires(scope: str | None) -> Callable[[View], View]:
    """Mark a view with the scope that its callers need; None: any caller will do."""

    def mark(view: View) -> View:
        view.required_scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def caller() -> Caller:
    """Return who is calling."""
    return cast("Caller", g.caller)


def admit() -> None:
    """Let the request in if its caller is known and has the scope; runs before the view.

    Raises ApiError with 401 or 403. A view that nobody marked is a bug, and opens to no one.
    """
    scope = required_scope(request.endpoint or "")
    g.caller = found = _authenticated()
    if found.is_unnoted:
        _note_use_later(found.id)
    if scope is not None and scope not in found.scopes:
        raise lacks(scope)


def lacks(scope: str) -> ApiError:
    """Return the refusal of a caller who lacks a scope, and note it."""
    note_refusal("scope", scope=scope, caller=caller().id)
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    return ApiError(
        ErrorCode.FORBIDDEN,
        f"This needs the scope {scope}, which the key or token doesn't have.",
        details={"scope": scope},
        headers={"WWW-Authenticate": challenge},
    )


def note_refusal(reason: str, **ids: str) -> None:
    """Leave a line about what somebody tried; never what they tried it with."""
    told = "".join(f" {name}={value}" for name, value in ids.items())
    log.warning("request=%s endpoint=%s refused=%s%s", request_id(), request.endpoint, reason, told)


def required_scope(endpoint: str) -> str | None:
    """Return the scope that a view is marked with."""
    scope = getattr(current_app.view_functions[endpoint], "required_scope", NOT_MARKED)
    if scope == NOT_MARKED:
        raise RuntimeError(f"{endpoint} doesn't say who may call it. Mark it with @requires.")
    return cast("str | None", scope)


def _authenticated() -> Caller:
    given = request.headers.get("Authorization")
    found = BEARER.fullmatch(given or "")
    reason = "no-bearer"
    try:
        if found:
            return authenticate(found[1])
    except NotAuthenticated as error:
        reason = str(error)
    note_refusal(reason)
    # Whatever was wrong with it, the body is the same; https://www.rfc-editor.org/rfc/rfc6750#section-3
    challenge = f'{CHALLENGE}, error="invalid_token"' if given else CHALLENGE
    raise ApiError(ErrorCode.UNAUTHENTICATED, headers={"WWW-Authenticate": challenge})


def _note_use_later(key_id: str) -> None:
    """Note the key's use once the answer is on its way: the caller doesn't wait for a write."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001

    def note() -> None:
        with app.app_context():
            api_keys.note_use(key_id)

    @after_this_request
    def arrange(response: Response) -> Response:
        response.call_on_close(note)
        return response
