"""What surrounds every request: cookies, cross-site checks, and the headers of every answer."""

from __future__ import annotations

import functools
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect, generate_csrf
from itsdangerous import URLSafeTimedSerializer

from storefront.config import Settings, settings

csrf = CSRFProtect()

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LARGEST_FORM = 64 * 1024
# Their document can come to hold a form that ends on Stripe's page.
PAGES_THAT_PAY = {"checkout.show", "checkout.place", "orders.show", "orders.pay",
                  "orders.start_payment_intent", "orders.start_checkout_session",
                  "compare.show", "compare.begin"}  # fmt: skip
PAGES_WITH_ELEMENT = {"orders.pay", "compare.show", "compare.begin"}
# Its address holds a client_secret.
WAY_BACK = "orders.come_back"

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cache-Control": "no-store",
}
ONLY_HTTPS = "max-age=63072000; includeSubDomains"
CLOSED_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid",
        "magnetometer", "microphone", "midi", "serial", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip

STRICT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-src": "'none'",
    "frame-ancestors": "'none'",
}
POLICY_OF_JSON = "default-src 'none'; frame-ancestors 'none'"
# https://docs.stripe.com/security/guide#content-security-policy
STRIPE_ELEMENT_SOURCES = {
    "script-src": "https://js.stripe.com https://*.js.stripe.com",
    "connect-src": "https://api.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "img-src": "https://*.stripe.com",
}


class SignedCookies(SecureCookieSessionInterface):
    """Flask's own, with one serializer for all requests: no key changes while the shop runs."""

    _serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs and reads the cookies."""
        self._serializer = self._serializer or super().get_signing_serializer(app)
        return self._serializer


def init_security(app: Flask) -> None:
    """Set up cookies and CSRF protection, and put the headers on every answer."""
    found: Settings = app.extensions["settings"]
    secure = found.is_https
    app.config |= {
        "SESSION_COOKIE_NAME": "__Host-store" if secure else "store",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "MAX_CONTENT_LENGTH": LARGEST_FORM,
        "MAX_FORM_PARTS": 50,
        "WTF_CSRF_TIME_LIMIT": None,
        # Oldest first, so that a form opened before a change of the key can still be sent.
        "WTF_CSRF_SECRET_KEY": [*found.secret_key_fallbacks, found.secret_key],
        # A Referer is often stripped; Origin and Sec-Fetch-Site say the same.
        "WTF_CSRF_SSL_STRICT": False,
    }
    app.session_interface = SignedCookies()
    app.extensions["baseline"] = functools.cache(functools.partial(baseline_of, found))
    app.before_request(refuse_cross_site)
    app.before_request(refuse_nul)
    csrf.init_app(app)
    app.after_request(add_headers)


def form_token() -> str:
    """Return the token of this visitor's forms; it is signed once, and not for each page."""
    known = session.get("csrf_token")
    return _signed(known, str(current_app.secret_key)) if known else str(generate_csrf())


@functools.lru_cache(maxsize=1024)
def _signed(_: str, __: str) -> str:
    return str(generate_csrf())


def refuse_cross_site() -> None:
    """Refuse what another site sends with our cookies, before the token is even looked at.

    Ports of one host count as same-site, so only same-origin will do.
    """
    if request.method in SAFE_METHODS or request.path.startswith("/v1/"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_foreign = site not in {"same-origin", "none"} if site else False
    if is_foreign or (origin and origin != origin_of(settings().public_base_url)):
        abort(403)


def refuse_nul() -> None:
    """Answer 404 to a NUL in an address or a form: nothing is called so, and no database knows it.

    A form is read here, whole; the views find it in the request. What `/v1` gets is its own affair.
    """
    if "\0" in request.path:
        abort(404)
    if request.path.startswith("/v1/"):
        return
    form = read_body(LARGEST_FORM) if request.method not in SAFE_METHODS else b""
    if b"%00" in request.query_string or b"%00" in form or b"\0" in form:
        abort(404)


def read_body(at_most: int) -> bytes:
    """Return the request's body; answers 413, and keeps no more of it, when it is larger.

    A chunked body doesn't tell its length, and werkzeug would cut it off and call it whole.
    """
    request.max_content_length = at_most + 1
    body = request.get_data()
    if len(body) > at_most:
        abort(413)
    return body


def add_headers(response: Response) -> Response:
    """Put the header baseline on an answer, errors included."""
    if request.endpoint == WAY_BACK:
        response.headers["Referrer-Policy"] = "no-referrer"
    there = {name.lower() for name, _ in response.headers}
    baseline = current_app.extensions["baseline"](request.endpoint, response.mimetype or "")
    response.headers.extend(each for each in baseline if each[0].lower() not in there)
    return response


def baseline_of(found: Settings, endpoint: str | None, mimetype: str) -> list[tuple[str, str]]:
    """Return the headers of one page, but for those that its view says itself."""
    headers = EVERYWHERE | {
        "Permissions-Policy": _permissions(found, endpoint),
        "Content-Security-Policy": content_security_policy(found, endpoint, mimetype),
    }
    if endpoint in PAGES_WITH_ELEMENT:
        del headers["Cross-Origin-Embedder-Policy"]
        headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    if found.is_https:
        headers["Strict-Transport-Security"] = ONLY_HTTPS
    return list(headers.items())


def content_security_policy(found: Settings, endpoint: str | None, mimetype: str) -> str:
    """Return the policy of one page: strict, and open to Stripe only where it must be."""
    if mimetype == "application/json":
        return POLICY_OF_JSON
    policy = dict(STRICT_POLICY)
    if endpoint in PAGES_THAT_PAY:
        policy["form-action"] += f" {found.stripe_pages_origin}"
    if endpoint in PAGES_WITH_ELEMENT:
        for directive, sources in _element_sources(found).items():
            before = "" if policy[directive] == "'none'" else policy[directive]
            policy[directive] = f"{before} {sources}".strip()
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


def _element_sources(found: Settings) -> dict[str, str]:
    if found.sandbox_url:
        return dict.fromkeys(STRIPE_ELEMENT_SOURCES, found.stripe_pages_origin)
    return STRIPE_ELEMENT_SOURCES


def _permissions(found: Settings, endpoint: str | None) -> str:
    if endpoint not in PAGES_WITH_ELEMENT:
        return f"{CLOSED_PERMISSIONS}, payment=()"
    return f'{CLOSED_PERMISSIONS}, payment=(self "{origin_of(found.stripe_js_url)}")'


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL, as browsers write an Origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
