"""The shop in each of the worlds that its pages name: SANDBOX, TEST and LIVE.

The sandbox plays Stripe in all of them; in the last two the shop addresses it as Stripe.
"""

from __future__ import annotations

from typing import Any

from tests.shop import Shop

HTTPS = "https://shop.example"
AT_STRIPE: dict[str, Any] = {
    "sandbox_url": None,
    "public_base_url": HTTPS,
    "trusted_hosts": ("shop.example",),
}
WORLDS: dict[str, dict[str, Any]] = {
    "SANDBOX": {},
    "TEST": AT_STRIPE,
    "LIVE": {
        **AT_STRIPE,
        "stripe_secret_key": "sk_live_shop",
        "stripe_publishable_key": "pk_live_shop",
    },
}


def in_world(world: str, database_url: str, **settings: Any) -> Shop:
    """Return a shop of that world, served at the address that its settings name."""
    return Shop(database_url, **WORLDS[world], **settings)
