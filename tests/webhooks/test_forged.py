"""Forged: what isn't signed by Stripe, now, over exactly these bytes, changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from storefront import create_app
from tests.lifecycle.standing import inbox, standing
from tests.shop import WEBHOOK, Client, Shop
from tests.webhooks.telling import outcome_of, paid, the

OTHER_SECRET = "whsec_of_the_next_month"


@pytest.fixture
def body(sqlite_shop: Shop) -> bytes:
    """The event that would pay an order."""
    paid(sqlite_shop)
    return json.dumps(the(sqlite_shop, "payment_intent.succeeded")).encode()


@pytest.fixture
def signed_event(sqlite_shop: Shop, body: bytes) -> tuple[Shop, bytes]:
    """The shop and the event."""
    return sqlite_shop, body


def header(signature: str, **changes: str) -> str:
    """Return the Stripe-Signature header with some of its parts replaced."""
    parts = dict(part.split("=") for part in signature.split(","))
    return ",".join(f"{name}={value}" for name, value in {**parts, **changes}.items())


FORGERIES: dict[str, Callable[[Shop, bytes], str | None]] = {
    "no header": lambda shop, body: None,
    "an empty header": lambda shop, body: "",
    "another secret": lambda shop, body: shop.signature(body, secret="whsec_guessed"),
    "another body": lambda shop, body: shop.signature(body + b" "),
    "another time": lambda shop, body: header(shop.signature(body), t=str(int(shop.now) - 1)),
    "no time": lambda shop, body: header(shop.signature(body), t=""),
    "time in words": lambda shop, body: header(shop.signature(body), t="now"),
    "only the test scheme": lambda shop, body: shop.signature(body).replace("v1=", "v0="),
    "a signature cut short": lambda shop, body: shop.signature(body)[:-1],
    "nothing but commas": lambda shop, body: ",,,",
    "digits of another script": lambda shop, body: header(shop.signature(body), t="१२३"),
    "letters beyond ASCII": lambda shop, body: header(shop.signature(body), v1="é" * 64),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_delivery_is_refused_and_leaves_no_trace(
    sqlite_shop: Shop, body: bytes, forgery: str
) -> None:
    """WH-23 is the last of them: a 400 and not a 500."""
    before = standing(sqlite_shop)
    signature = FORGERIES[forgery](sqlite_shop, body)
    if signature and not signature.isascii():  # as WSGI hands bytes on
        signature = signature.encode().decode("latin-1")

    response = sqlite_shop.post(body, signature=signature)

    assert response.status_code == 400
    assert response.json["error"]["code"] == "MALFORMED_REQUEST"
    assert (standing(sqlite_shop), inbox(sqlite_shop)) == (before, {})


@pytest.mark.parametrize(
    ("seconds", "status"), [(-301, 400), (-300, 200), (0, 200), (300, 200), (301, 400)]
)
def test_a_signature_is_good_for_five_minutes_in_both_directions(
    sqlite_shop: Shop, body: bytes, seconds: int, status: int
) -> None:
    """WH-18 and WH-19: Stripe's own library would take one from the future."""
    signature = sqlite_shop.signature(body, at=sqlite_shop.now + seconds)

    assert sqlite_shop.post(body, signature=signature).status_code == status
    assert len(inbox(sqlite_shop)) == (status == 200)


def test_exactly_the_bytes_on_the_wire_are_verified(sqlite_shop: Shop, body: bytes) -> None:
    """WH-30: equal JSON in other bytes isn't what was signed."""
    rewritten = json.dumps(json.loads(body), indent=2, sort_keys=True).encode()
    signature = sqlite_shop.signature(body)

    assert json.loads(rewritten) == json.loads(body)
    assert sqlite_shop.post(rewritten, signature=signature).status_code == 400
    assert sqlite_shop.post(body, signature=signature).status_code == 200


def test_while_secrets_are_rotated_every_event_gets_in(sqlite_shop: Shop) -> None:
    """WH-21: two signatures in one header, two secrets here, and then the old one is gone."""
    paid(sqlite_shop)
    old, new = sqlite_shop.secret, OTHER_SECRET
    events = [json.dumps(event).encode() for event in sqlite_shop.events()]
    only_old, both, only_new = ((old,), (old, new), (new,))

    steps = [(only_old, [old]), (both, [old, new]), (only_new, [new, old])]
    answers = [
        post_to_shop_with(sqlite_shop, secrets, body, signed_by)
        for (secrets, signed_by), body in zip(steps, events, strict=True)
    ]

    assert answers == [200, 200, 200]
    assert len(inbox(sqlite_shop)) == len(events)


@pytest.mark.parametrize(
    ("configured", "signed_by", "status"),
    [
        ("old new", "old", 200),
        ("old new", "new", 200),
        ("old", "old new", 200),
        ("new", "old new", 200),
        ("new", "old", 400),
        ("old", "new", 400),
    ],
)
def test_a_secret_counts_while_it_is_configured(
    signed_event: tuple[Shop, bytes], configured: str, signed_by: str, status: int
) -> None:
    """WH-21: the old one is refused once it was taken away."""
    shop, body = signed_event
    secrets = tuple(configured.split())

    assert post_to_shop_with(shop, secrets, body, signed_by.split()) == status


def test_without_a_secret_nothing_is_taken(sqlite_shop: Shop, body: bytes) -> None:
    """WH-29: 503, so that Stripe keeps the event for the day when there is one."""
    before = standing(sqlite_shop)

    assert post_to_shop_with(sqlite_shop, (), body, [sqlite_shop.secret]) == 503
    assert post_to_shop_with(sqlite_shop, (), body, [""]) == 503
    assert standing(sqlite_shop) == before
    assert outcome_of(sqlite_shop, json.loads(body)) == "applied"


def post_to_shop_with(
    shop: Shop, secrets: tuple[str, ...], body: bytes, signed_by: list[str]
) -> int:
    """Deliver to the same shop, restarted with other `secrets`; returns the answer's status."""
    app = create_app(replace(shop.settings, webhook_secrets=secrets), clock=shop.clock)
    app.test_client_class = Client
    signatures = [shop.signature(body, secret=secret or "none") for secret in signed_by]
    time, _ = signatures[0].split(",")
    v1 = [signature.split(",")[1] for signature in signatures]
    headers = {"Stripe-Signature": ",".join((time, *v1))}
    return app.test_client().post(WEBHOOK, data=body, headers=headers).status_code
