"""Register the shop's webhook endpoint with the sandbox, then become the shop.

`python -m scripts.with_webhook_secret COMMAND …` runs the command with STRIPE_WEBHOOK_SECRET set.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import requests
import stripe

from scripts.answers import wait_for
from scripts.demo_environment import WEBHOOK_PATH, keep_secret


def endpoint_secret(client: stripe.StripeClient, *, url: str, kept: Path) -> str:
    """Return the secret of the webhook endpoint at `url`, registered as any integration does it.

    A secret is shown only when its endpoint is made, so it is kept, beside the endpoint's id, and
    events that waited while the shop was down still arrive. An endpoint that an earlier run left,
    on whatever port, is replaced.
    """
    known_id, _, known_secret = kept.read_text().partition(" ") if kept.exists() else ("", "", "")
    for endpoint in client.v1.webhook_endpoints.list().auto_paging_iter():
        if (endpoint.id, endpoint.url) == (known_id, url):
            return known_secret
        if urlsplit(endpoint.url).path == urlsplit(url).path:
            client.v1.webhook_endpoints.delete(endpoint.id)
    made = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    keep_secret(kept, f"{made.id} {made.secret}")
    return str(made.secret)


def sandbox_client(sandbox_url: str, secret_key: str) -> stripe.StripeClient:
    """Return a client that talks to the sandbox, whatever proxy the environment names."""
    session = requests.Session()
    session.trust_env = False
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": sandbox_url},
        http_client=stripe.RequestsClient(timeout=(2, 8), session=session),
    )


def main() -> None:
    """Wait for the sandbox, register, and become the command given on the command line."""
    sandbox_url = os.environ["STRIPE_SANDBOX_URL"]
    if not wait_for(f"{sandbox_url}/_sandbox/health", seconds=30):
        sys.exit(f"The Stripe sandbox doesn't answer at {sandbox_url}.")
    os.environ["STRIPE_WEBHOOK_SECRET"] = endpoint_secret(
        sandbox_client(sandbox_url, os.environ["STRIPE_SECRET_KEY"]),
        url=os.environ["PUBLIC_BASE_URL"] + WEBHOOK_PATH,
        kept=Path(os.environ["WEBHOOK_ENDPOINT"]),
    )
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  # the Procfile's own command


if __name__ == "__main__":
    main()
