"""Every environment variable of the shop, read once; refuses to start half-configured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import current_app

LOOPBACK = ("127.0.0.1", "localhost", "::1")
STRIPE_API = "https://api.stripe.com"
STRIPE_JS = "https://js.stripe.com/endive/stripe.js"
STRIPE_PAGES = "https://checkout.stripe.com"


class ConfigurationError(Exception):
    """A setting is missing or contradicts another; the sentence says which and where to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says, checked. `.env.example` explains each variable."""

    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    database_url: str
    public_base_url: str
    trusted_hosts: tuple[str, ...]
    trusted_proxies: int
    stripe_secret_key: str
    stripe_publishable_key: str
    webhook_secrets: tuple[str, ...]
    sandbox_url: str | None
    store_id: str
    currency: str
    order_hold_minutes: int
    log_level: str
    is_debugging: bool

    @property
    def world(self) -> str:
        """Which world the money is in: SANDBOX, TEST or LIVE."""
        if self.sandbox_url:
            return "SANDBOX"
        return "LIVE" if self.is_live else "TEST"

    @property
    def is_live(self) -> bool:
        """True when the keys move real money; Stripe's `livemode`."""
        return "_live_" in self.stripe_secret_key

    @property
    def is_https(self) -> bool:
        """True when shoppers reach the shop over TLS, so that cookies can be Secure."""
        return self.public_base_url.startswith("https://")

    @property
    def stripe_api_base(self) -> str:
        """Where the SDK sends its requests."""
        return self.sandbox_url or STRIPE_API

    @property
    def stripe_pages_origin(self) -> str:
        """The origin of the Checkout page, as a browser sees it.

        The sandbox is addressed as `localhost` there and the shop as `127.0.0.1`, so that going
        to pay and coming back crosses sites, as it does with Stripe.
        """
        return _as_localhost(self.sandbox_url) if self.sandbox_url else STRIPE_PAGES

    @property
    def stripe_js_url(self) -> str:
        """The script that the pay page loads."""
        return f"{self.stripe_pages_origin}/js/endive/stripe.js" if self.sandbox_url else STRIPE_JS

    def absolute_url(self, path: str) -> str:
        """Return `path` on the public base URL, never on the request's Host."""
        return self.public_base_url + path


def settings() -> Settings:
    """Return the settings of the running application."""
    return cast("Settings", current_app.extensions["settings"])


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the environment; raises ConfigurationError with what to do."""
    env = os.environ if environ is None else environ
    base_url = env.get("PUBLIC_BASE_URL", f"http://127.0.0.1:{env.get('PORT', '8000')}").rstrip("/")
    found = Settings(
        secret_key=_required(env, "SECRET_KEY", SIGNING_HINT),
        secret_key_fallbacks=_words(env.get("SECRET_KEY_FALLBACKS", "")),
        database_url=_database_url(env.get("DATABASE_URL", "sqlite:///var/storefront.db")),
        public_base_url=base_url,
        trusted_hosts=_words(env.get("TRUSTED_HOSTS", urlsplit(base_url).hostname or "")),
        trusted_proxies=_whole(env, "TRUSTED_PROXIES", "0", at_least=0),
        stripe_secret_key=_required(env, "STRIPE_SECRET_KEY", KEYS_HINT),
        stripe_publishable_key=_required(env, "STRIPE_PUBLISHABLE_KEY", KEYS_HINT),
        webhook_secrets=_words(env.get("STRIPE_WEBHOOK_SECRET", "")),
        sandbox_url=env.get("STRIPE_SANDBOX_URL", "").rstrip("/") or None,
        store_id=env.get("STORE_ID", "storefront"),
        currency=env.get("CURRENCY", "usd").lower(),
        order_hold_minutes=_whole(env, "ORDER_HOLD_MINUTES", "60", at_least=40),
        log_level=_log_level(env.get("LOG_LEVEL", "info")),
        is_debugging=env.get("FLASK_DEBUG", "").lower() not in OFF,
    )
    _refuse_contradictions(found)
    return found


SHORTEST_SECRET_KEY = 32
LOG_LEVELS = ("debug", "info", "warning", "error")
OFF = ("", "0", "false", "no")  # as Flask reads it
SIGNING_HINT = (
    "It signs cookies. Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'."
)
KEYS_HINT = 'Run "make demo", or copy it from the Stripe Dashboard (Developers → API keys).'
WEBHOOK_HINT = (
    'Run "make demo", or copy it from "stripe listen" or the Stripe Dashboard '
    "(Developers → Webhooks)."
)


def _refuse_contradictions(found: Settings) -> None:
    for is_wrong, sentence in (*_always_wrong(found), *_wrong_when_live(found)):
        if is_wrong:
            raise ConfigurationError(sentence)


def _always_wrong(found: Settings) -> tuple[tuple[bool, str], ...]:
    secret_key, publishable_key = found.stripe_secret_key, found.stripe_publishable_key
    return (
        (
            len(found.secret_key) < SHORTEST_SECRET_KEY,
            f"SECRET_KEY is shorter than {SHORTEST_SECRET_KEY} characters. {SIGNING_HINT}",
        ),
        (
            not secret_key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")),
            f"STRIPE_SECRET_KEY doesn't begin with sk_test_ or sk_live_. {KEYS_HINT}",
        ),
        (
            not publishable_key.startswith(("pk_test_", "pk_live_")),
            f"STRIPE_PUBLISHABLE_KEY doesn't begin with pk_test_ or pk_live_. {KEYS_HINT}",
        ),
        (
            ("_live_" in secret_key) != ("_live_" in publishable_key),
            (
                "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are of different modes. Take both "
                "from the same place."
            ),
        ),
        (
            found.sandbox_url is not None and found.is_live,
            "STRIPE_SANDBOX_URL is set together with live keys. Unset one of them.",
        ),
        (
            found.sandbox_url is not None and urlsplit(found.sandbox_url).hostname not in LOOPBACK,
            "STRIPE_SANDBOX_URL must be on this machine, such as http://127.0.0.1:4242.",
        ),
        (
            not found.is_https and urlsplit(found.public_base_url).hostname not in LOOPBACK,
            "PUBLIC_BASE_URL must begin with https:// unless it is on this machine.",
        ),
    )


def _wrong_when_live(found: Settings) -> tuple[tuple[bool, str], ...]:
    if not found.is_live:
        return ()
    return (
        (not found.webhook_secrets, f"STRIPE_WEBHOOK_SECRET is not set. {WEBHOOK_HINT}"),
        (not found.is_https, "PUBLIC_BASE_URL must begin with https:// when the keys are live."),
        (not found.trusted_hosts, "TRUSTED_HOSTS is empty. Name the hosts that the shop serves."),
        (found.is_debugging, "FLASK_DEBUG is on, and the keys are live. Unset it."),
    )


def _required(env: Mapping[str, str], name: str, hint: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} is not set. {hint}")
    return value


def _whole(env: Mapping[str, str], name: str, default: str, *, at_least: int) -> int:
    value = env.get(name, default)
    if not value.isdecimal() or int(value) < at_least:
        raise ConfigurationError(f"{name} is {value!r}; it must be a whole number >= {at_least}.")
    return int(value)


def _log_level(value: str) -> str:
    if value.lower() not in LOG_LEVELS:
        raise ConfigurationError(f"LOG_LEVEL is {value!r}; use {', '.join(LOG_LEVELS)}.")
    return value.upper()


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _database_url(url: str) -> str:
    """Name the driver, so that a plain `postgres://` from a host's panel works."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _as_localhost(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://localhost:{parts.port or 80}"
