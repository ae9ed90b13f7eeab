"""Which other sites' pages may call the API from a browser: none, unless they are listed."""

from __future__ import annotations

import re

from flask import Flask
from flask_cors import CORS

# Nobody's browser delivers events.
RESOURCES = r"/v1/(?!webhooks/|payments/webhook).*"
REQUEST_HEADERS = ["Authorization", "Content-Type", "Idempotency-Key"]
ANSWER_HEADERS = ["Idempotent-Replayed", "Retry-After", "WWW-Authenticate", "X-Request-ID"]
PREFLIGHT_SECONDS = 600


def init_cors(app: Flask) -> None:
    """Let the listed origins in, without cookies; without a list no header is ever sent."""
    origins = app.extensions["settings"].api.cors_origins
    if origins:
        CORS(
            app,
            resources=RESOURCES,
            # Patterns of our own: the brackets of an IPv6 address would be read as one otherwise.
            origins=[re.compile(re.escape(each) + r"\Z") for each in origins],
            methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=REQUEST_HEADERS,
            expose_headers=ANSWER_HEADERS,
            supports_credentials=False,
            always_send=False,
            max_age=PREFLIGHT_SECONDS,
        )
