"""Who calls: a server with its secret key, or a browser with the publishable one."""

import re

from flask import request

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json

_SECRET = re.compile(r"\Ask_test_[A-Za-z0-9_]+\Z")
_SHOWN = 16
_PUBLISHABLE = re.compile(r"\Apk_test_[A-Za-z0-9_]+\Z")


def check(given: Json, *, is_for_browsers: bool) -> bool:
    """Return whether the caller holds a publishable key; raise 401 or 403 when it may not call.

    A secret key is refused when a browser sends it: no page of a stranger drives the sandbox.
    """
    key = _key(given)
    _refuse_connected_account()
    if key.startswith(("sk_live_", "rk_live_", "pk_live_")):
        raise _refused(
            "This is the Stripe sandbox: it takes test keys only, and was sent a live one. "
            "Check STRIPE_SECRET_KEY."
        )
    if _PUBLISHABLE.match(key):
        if is_for_browsers:
            return True
        raise _refused(
            "This API call cannot be made with a publishable API key. Please use a secret API key.",
            code="secret_key_required",
        )
    if not _SECRET.match(key):
        raise _refused(f"Invalid API Key provided: {_masked(key)}")
    if "Origin" in request.headers:
        raise StripeError("A secret key must never be sent by a browser.", status=403)
    return False


def _key(given: Json) -> str:
    authorization = request.authorization
    if authorization and authorization.type == "bearer" and authorization.token:
        return authorization.token
    if authorization and authorization.type == "basic" and authorization.username:
        return authorization.username
    if isinstance(key := given.get("key"), str):
        return key
    raise _refused(
        "You did not provide an API key. You need to provide your API key in the Authorization "
        "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
    )


def _refuse_connected_account() -> None:
    """Raise the 403 that Stripe answers to who has no connected accounts: nobody here has any."""
    if account := request.headers.get("Stripe-Account"):
        raise StripeError(
            f"The provided key does not have access to account '{account}' (or that account does "
            "not exist). Application access may have been revoked.",
            code="account_invalid",
            status=403,
        )


def _masked(key: str) -> str:
    return f"{key[:8]}{'*' * (len(key) - 12)}{key[-4:]}" if len(key) > _SHOWN else "****"


def _refused(message: str, code: str | None = None) -> StripeError:
    return StripeError(message, code=code, status=401)
