"""What the sandbox's pages share: the sandbox behind them, and the headers in front of them."""

import re
from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, request

from stripe_sandbox.sandbox import Sandbox

_ORIGIN = re.compile(r"\Ahttps?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?\Z")
_ALWAYS = {
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def current_sandbox() -> Sandbox:
    """Return the sandbox of the request that is being answered."""
    return cast("Sandbox", current_app.extensions["stripe_sandbox"])


def secured(
    page: str, *, status: int = 200, leads_to: str | None = None, framed_by: str | None = None
) -> Response:
    """Return a page that nobody may frame but the origin `framed_by`.

    `leads_to` is where the page's form may redirect: browsers hold a form's redirects, too, to
    the policy's form-action.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": f"'self' {origin_of(leads_to)}".rstrip(),
        "base-uri": "'none'",
        "frame-ancestors": framed_by or "'none'",
    }
    response = Response(page, status)
    response.headers.update(_ALWAYS)
    response.headers["Content-Security-Policy"] = "; ".join(map(" ".join, policy.items()))
    if framed_by:
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    else:
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
    return response


def harden_static_file(response: Response) -> Response:
    """Keep browsers from taking our static files for something else."""
    if request.endpoint == "static":
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def origin_of(url: str | None) -> str:
    """Return the origin of a URL, or nothing for one that has none a policy could name."""
    parts = urlsplit(url or "")
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return origin if is_origin(origin) else ""


def is_origin(text: str) -> bool:
    """Whether this is the origin of a web page, safe to put into a policy."""
    return bool(_ORIGIN.match(text))
