"""The headers that every answer carries, written down apart from the code that sets them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.security.routes import WEBHOOK

WITH_ELEMENT = {"orders.pay", "compare.show", "compare.begin"}
RETURN = "orders.come_back"
# Pages that hold, or can come to hold, a form that leads to Stripe's page.
LEADS_TO_STRIPE = {
    "checkout.show", "checkout.place", "orders.show", "orders.pay",
    "orders.start_payment_intent", "orders.start_checkout_session",
    "compare.show", "compare.begin",
}  # fmt: skip
MACHINES = {WEBHOOK, "ops.healthz", "ops.readyz"}

SANDBOX = "http://localhost:4242"
STRIPE_PAGES = "https://checkout.stripe.com"
JSON_POLICY = {"default-src": "'none'", "frame-ancestors": "'none'"}
PAGE_POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
    "font-src": "'self'", "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'",
    "object-src": "'none'", "frame-src": "'none'", "frame-ancestors": "'none'",
}  # fmt: skip
WITH_STRIPE_JS = {
    "script-src": "'self' https://js.stripe.com https://*.js.stripe.com",
    "connect-src": "'self' https://api.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "img-src": "'self' https://*.stripe.com",
}
WITH_STAND_IN = {
    "script-src": f"'self' {SANDBOX}",
    "connect-src": f"'self' {SANDBOX}",
    "frame-src": SANDBOX,
    "img-src": f"'self' {SANDBOX}",
}


@dataclass(frozen=True)
class Expected:
    """What one answer must carry. `None` means: not at all."""

    headers: dict[str, str | None]
    policy: dict[str, str]
    payment: str


def expected(endpoint: str | None, *, world: str, is_json: bool) -> Expected:
    """Return the contract of an endpoint's answers; None is a path that nobody answers."""
    can_mount = endpoint in WITH_ELEMENT
    is_https = world != "SANDBOX"
    script_origin = "https://js.stripe.com" if is_https else SANDBOX
    return Expected(
        headers={
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer" if endpoint == RETURN else "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin-allow-popups"
            if can_mount
            else "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": None if can_mount else "require-corp",
            "Strict-Transport-Security": "max-age=63072000; includeSubDomains"
            if is_https
            else None,
            "Access-Control-Allow-Origin": None,
            "Server": None,
        },
        policy=JSON_POLICY if is_json else page_policy(endpoint, is_https=is_https),
        payment=f'(self "{script_origin}")' if can_mount else "()",
    )


def page_policy(endpoint: str | None, *, is_https: bool) -> dict[str, str]:
    policy = dict(PAGE_POLICY)
    if endpoint in LEADS_TO_STRIPE:
        policy["form-action"] = f"'self' {STRIPE_PAGES if is_https else SANDBOX}"
    if endpoint in WITH_ELEMENT:
        policy |= WITH_STRIPE_JS if is_https else WITH_STAND_IN
    return policy


def parsed_policy(header: str) -> dict[str, str]:
    """Return a Content-Security-Policy by directive; raises when one is given twice."""
    directives = dict(part.strip().split(" ", 1) for part in header.split(";"))
    assert len(directives) == len(header.split(";"))
    return directives
