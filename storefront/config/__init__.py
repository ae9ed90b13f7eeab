"""Every environment variable of the shop, read once; refuses to start half-configured."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import current_app

from storefront.config.api import API_ALWAYS_WRONG, ApiSettings, read_api_settings
from storefront.config.reading import (
    SHORTEST_KEY,
    ConfigurationError,
    database_url,
    is_guessable,
    is_local,
    origin,
    required,
    whole,
    words,
)
from storefront.money import is_currency

__all__ = ["ConfigurationError", "Settings", "read_settings", "settings"]

STRIPE_API = "https://api.stripe.com"
STRIPE_JS = "https://js.stripe.com/endive/stripe.js"
STRIPE_PAGES = "https://checkout.stripe.com"

CONNECT_SECONDS, READ_SECONDS, RETRIES = 2, 4, 1
# The longest that one call to Stripe can take, in seconds.
TIME_BUDGET = (CONNECT_SECONDS + READ_SECONDS) * (RETRIES + 1) + 1


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
    threads: int
    worker_timeout: int
    api: ApiSettings

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
    local = f"http://127.0.0.1:{env.get('PORT', '8000')}"
    base_url = origin("PUBLIC_BASE_URL", env.get("PUBLIC_BASE_URL", local))
    sandbox_url = env.get("STRIPE_SANDBOX_URL", "")
    found = Settings(
        secret_key=required(env, "SECRET_KEY", SIGNING_HINT),
        secret_key_fallbacks=words(env.get("SECRET_KEY_FALLBACKS", "")),
        database_url=database_url(env.get("DATABASE_URL", "sqlite:///var/storefront.db")),
        public_base_url=base_url,
        trusted_hosts=words(env.get("TRUSTED_HOSTS", urlsplit(base_url).hostname or "")),
        trusted_proxies=whole(env, "TRUSTED_PROXIES", "0", at_least=0),
        stripe_secret_key=required(env, "STRIPE_SECRET_KEY", KEYS_HINT),
        stripe_publishable_key=required(env, "STRIPE_PUBLISHABLE_KEY", KEYS_HINT),
        webhook_secrets=words(env.get("STRIPE_WEBHOOK_SECRET", "")),
        sandbox_url=origin("STRIPE_SANDBOX_URL", sandbox_url) if sandbox_url else None,
        store_id=env.get("STORE_ID", "storefront").strip(),
        currency=env.get("CURRENCY", "usd").lower(),
        order_hold_minutes=whole(env, "ORDER_HOLD_MINUTES", "60", at_least=40),
        log_level=env.get("LOG_LEVEL", "info").upper(),
        is_debugging=env.get("FLASK_DEBUG", "").lower() not in OFF,
        threads=whole(env, "THREADS", "16", at_least=1),
        worker_timeout=whole(env, "GUNICORN_TIMEOUT", "30", at_least=1),
        api=read_api_settings(env, base_url),
    )
    checks = (*ALWAYS_WRONG, *(WRONG_WHEN_LIVE if found.is_live else ()))
    refusals = [sentence for is_wrong, sentence in checks if is_wrong(found)]
    refusals += [sentence for is_wrong, sentence in API_ALWAYS_WRONG if is_wrong(found.api)]
    if refusals:
        raise ConfigurationError(refusals[0])
    return found


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
OFF = ("", "0", "false", "no")  # as Flask reads it
SIGNING_HINT = (
    "It signs cookies. Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'."
)
KEYS_HINT = 'Run "make demo", or copy it from the Stripe Dashboard (Developers → API keys).'
WEBHOOK_HINT = (
    'Run "make demo", or copy it from "stripe listen" or the Stripe Dashboard '
    "(Developers → Webhooks)."
)
MODES = "are of different modes. Take both from the same place."

Check = tuple[Callable[[Settings], bool], str]
ALWAYS_WRONG: tuple[Check, ...] = (
    (lambda found: len(found.secret_key) < SHORTEST_KEY,
     f"SECRET_KEY is shorter than {SHORTEST_KEY} characters. {SIGNING_HINT}"),
    (lambda found: is_guessable(found.secret_key),
     f"SECRET_KEY is a known or a repetitive one. {SIGNING_HINT}"),
    (lambda found: found.secret_key == found.api.jwt_hs256_key,
     "JWT_HS256_KEY is the SECRET_KEY. Whoever issues tokens mustn't be able to sign cookies."),
    (lambda found: any(len(key) < SHORTEST_KEY for key in found.secret_key_fallbacks),
     f"SECRET_KEY_FALLBACKS has a key shorter than {SHORTEST_KEY} characters. Remove it."),
    (lambda found: not found.stripe_secret_key.startswith(
        ("sk_test_", "sk_live_", "rk_test_", "rk_live_")),
     f"STRIPE_SECRET_KEY doesn't begin with sk_test_ or sk_live_. {KEYS_HINT}"),
    (lambda found: not found.stripe_publishable_key.startswith(("pk_test_", "pk_live_")),
     f"STRIPE_PUBLISHABLE_KEY doesn't begin with pk_test_ or pk_live_. {KEYS_HINT}"),
    (lambda found: found.is_live != ("_live_" in found.stripe_publishable_key),
     f"STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY {MODES}"),
    (lambda found: not all(each.startswith("whsec_") for each in found.webhook_secrets),
     f"STRIPE_WEBHOOK_SECRET has an entry that doesn't begin with whsec_. {WEBHOOK_HINT}"),
    (lambda found: found.sandbox_url is not None and found.is_live,
     "STRIPE_SANDBOX_URL is set together with live keys. Unset one of them."),
    (lambda found: found.sandbox_url is not None and not is_local(found.sandbox_url),
     "STRIPE_SANDBOX_URL must be on this machine, such as http://127.0.0.1:4242."),
    (lambda found: not (found.is_https or is_local(found.public_base_url)),
     "PUBLIC_BASE_URL must begin with https:// unless it is on this machine."),
    (lambda found: not found.trusted_hosts,
     "TRUSTED_HOSTS is empty. Name the hosts that the shop serves, or unset it."),
    (lambda found: not found.store_id,
     "STORE_ID is empty. Give the shop a name within its Stripe account, or unset it."),
    (lambda found: not is_currency(found.currency),
     "CURRENCY isn't a currency. Use an ISO 4217 code, such as usd."),
    (lambda found: found.log_level not in LOG_LEVELS,
     "LOG_LEVEL must be debug, info, warning or error."),
)  # fmt: skip
WRONG_WHEN_LIVE: tuple[Check, ...] = (
    (lambda found: not found.webhook_secrets, f"STRIPE_WEBHOOK_SECRET is not set. {WEBHOOK_HINT}"),
    (lambda found: not found.is_https,
     "PUBLIC_BASE_URL must begin with https:// when the keys are live."),
    (lambda found: found.is_debugging, "FLASK_DEBUG is on, and the keys are live. Unset it."),
    (lambda found: found.worker_timeout <= 2 * TIME_BUDGET,
     f"GUNICORN_TIMEOUT must be over {2 * TIME_BUDGET}: twice what a call to Stripe may take."),
)  # fmt: skip


def _as_localhost(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://localhost" + (f":{parts.port}" if parts.port else "")
