"""Register the shop's webhook endpoint with the sandbox, then become the shop.

`python -m scripts.with_webhook_secret COMMAND …` runs the command with STRIPE_WEBHOOK_SECRET set.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import requests
import stripe

from scripts.answers import wait_for
from scripts.demo_environment import WEBHOOK_PATH


def register_endpoint(sandbox_url: str, *, secret_key: str, url: str) -> str:
    """Return the secret of a new webhook endpoint at `url`, as any integration gets one.

    A secret is shown only when its endpoint is made, so an endpoint left by an earlier run, on
    whatever port, is replaced.
    """
    client = sandbox_client(sandbox_url, secret_key)
    for endpoint in client.v1.webhook_endpoints.list().auto_paging_iter():
        if urlsplit(endpoint.url).path == urlsplit(url).path:
            client.v1.webhook_endpoints.delete(endpoint.id)
    created = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    return str(created.secret)


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
    os.environ["STRIPE_WEBHOOK_SECRET"] = register_endpoint(
        sandbox_url,
        secret_key=os.environ["STRIPE_SECRET_KEY"],
        url=os.environ["PUBLIC_BASE_URL"] + WEBHOOK_PATH,
    )
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  # the Procfile's own command


if __name__ == "__main__":
    main()
