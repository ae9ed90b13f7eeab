"""The signature alone: which header is good for which bytes, secrets and moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from storefront.gateway import Gateway, InvalidSignature
from tests.shop import START, demo_settings

BODY = b'{"id": "evt_1"}'
NOW = int(START)
SETTINGS = demo_settings("sqlite:///unused.db", "whsec_old")


def signed(body: bytes = BODY, *, secret: str = "whsec_old", at: int = NOW) -> str:
    """Return the header that Stripe would send."""
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)


def is_accepted(
    header: str, *, body: bytes = BODY, secrets: str = "whsec_old", now: float = NOW
) -> bool:
    """Say what a gateway with these `secrets` makes of a header."""
    gateway = Gateway(replace(SETTINGS, webhook_secrets=tuple(secrets.split())))
    try:
        gateway.verify(body, header, now=now)
    except InvalidSignature:
        return False
    return True


def two(old: str, new: str) -> str:
    """Return a header with the signatures of both."""
    return f"{old},{new.split(',')[1]}"


BOTH = two(signed(), signed(secret="whsec_new"))


@pytest.mark.parametrize(
    ("header", "secrets", "expected"),
    [
        (signed(), "whsec_old", True),
        (signed(), "whsec_old whsec_new", True),
        (signed(), "whsec_new whsec_old", True),
        (signed(), "whsec_new", False),
        (signed(), "", False),
        (BOTH, "whsec_old", True),
        (BOTH, "whsec_new", True),
        (BOTH, "whsec_other", False),
        (two(signed(secret="whsec_x"), signed()), "whsec_old", True),
    ],
)
def test_any_signature_by_any_of_our_secrets_will_do(
    header: str, secrets: str, expected: bool
) -> None:
    """WH-21."""
    assert is_accepted(header, secrets=secrets) is expected


@pytest.mark.parametrize(
    ("off", "expected"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)]
)
def test_the_clocks_may_differ_by_five_minutes_either_way(off: int, expected: bool) -> None:
    """WH-18, WH-19."""
    assert is_accepted(signed(at=NOW + off)) is expected


@given(st.binary(max_size=60))
def test_one_signature_is_good_for_one_body(body: bytes) -> None:
    """WH-30."""
    assert is_accepted(signed(), body=body) is (body == BODY)


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_no_header_makes_it_fail_in_any_other_way(header: str) -> None:
    """WH-23: whatever WSGI can hand on."""
    assert not is_accepted(header)
    assert not is_accepted(f"t={NOW},v1={header}")


def test_the_time_is_signed_too() -> None:
    """An old delivery can't be dressed up with a new time."""
    old = signed(at=NOW - 1000)

    assert not is_accepted(old)
    assert not is_accepted(old.replace(str(NOW - 1000), str(NOW)))
    assert not is_accepted(f"t={NOW},{old}")
    assert not is_accepted(f"{old},t={NOW}")
