"""The demo registers its webhook endpoint through the API, once."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from scripts.with_webhook_secret import endpoint_secret, sandbox_client
from tests.processes import LiveShop

OURS = "http://127.0.0.1:8000/v1/webhooks/stripe"
ELSEWHERE = "http://127.0.0.1:9000/v1/webhooks/stripe"
SOMEBODY_ELSES = "http://127.0.0.1:8000/hooks"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[stripe.StripeClient]:
    shop = LiveShop(tmp_path)
    shop.sandbox.start(shop.environment)
    yield sandbox_client(shop.sandbox_url, shop.environment["STRIPE_SECRET_KEY"])
    shop.sandbox.stop()


def urls(client: stripe.StripeClient) -> list[str]:
    return sorted(each.url for each in client.v1.webhook_endpoints.list().data)


def test_a_second_start_finds_its_endpoint_and_secret(
    client: stripe.StripeClient, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"

    first, second = (endpoint_secret(client, url=OURS, kept=kept) for _ in range(2))

    assert first == second
    assert first.startswith("whsec_")
    assert urls(client) == [OURS]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_shop_that_moved_replaces_its_endpoint_and_no_other(
    client: stripe.StripeClient, tmp_path: Path
) -> None:
    client.v1.webhook_endpoints.create({"url": SOMEBODY_ELSES, "enabled_events": ["*"]})
    before = endpoint_secret(client, url=ELSEWHERE, kept=tmp_path / "kept")

    after = endpoint_secret(client, url=OURS, kept=tmp_path / "kept")

    assert before != after
    assert urls(client) == sorted([OURS, SOMEBODY_ELSES])


def test_an_endpoint_whose_secret_is_lost_is_replaced(
    client: stripe.StripeClient, tmp_path: Path
) -> None:
    before = endpoint_secret(client, url=OURS, kept=tmp_path / "lost")

    after = endpoint_secret(client, url=OURS, kept=tmp_path / "kept")

    assert before != after
    assert urls(client) == [OURS]
