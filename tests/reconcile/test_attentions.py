"""`flask attentions`: what a human should look at, and who has."""

from __future__ import annotations

import re

import pytest

from storefront.models import Attention
from tests.reconcile.rounds import command
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, paid, retold, the


@pytest.fixture
def flagged(shop: Shop) -> Shop:
    """A shop that received another amount than it asked for."""
    paid(shop)
    event = the(shop, "payment_intent.succeeded")
    assert outcome_of(shop, retold(event, amount_received=1000)) == "applied"
    return shop


def test_each_is_listed_with_its_order_its_amounts_and_a_sentence(flagged: Shop):
    """M4: it says what happened in words, with both amounts."""
    attention = flagged.one(Attention)

    output = command(flagged, "attentions", "list").output

    assert re.match(rf"{attention.id} \S+Z order=\w{{4}}-\w{{4}} payment=pay_", output)
    assert "reason=amount_mismatch due=$29.99 received=$10.00\n" in output
    assert f"  {attention.sentence}\n" in output


def test_a_resolution_says_who_and_when(flagged: Shop):
    """O2: and it is no longer listed, but still there to be shown."""
    attention = flagged.one(Attention)
    flagged.now += 60

    result = command(flagged, "attentions", "resolve", str(attention.id), "--by", "Ada L.")

    assert (result.exit_code, result.output) == (0, "1 resolved by Ada L..\n")
    resolved = flagged.one(Attention)
    assert (resolved.resolved_by, resolved.resolved_at) == (
        "Ada L.",
        resolved.opened_at.fromtimestamp(flagged.now, resolved.opened_at.tzinfo),
    )
    assert command(flagged, "attentions", "list").output == "There is nothing to look at.\n"
    assert "by='Ada L.'" in command(flagged, "attentions", "list", "--all").output


def test_the_first_resolution_stays(flagged: Shop):
    number = str(flagged.one(Attention).id)
    command(flagged, "attentions", "resolve", number, "--by", "Ada")

    result = command(flagged, "attentions", "resolve", number, "999", "--by", "Bob")

    assert result.exit_code == 1
    assert f"Not open: {number}, 999." in result.stderr
    assert flagged.one(Attention).resolved_by == "Ada"


@pytest.mark.parametrize("words", [["1"], ["1", "--by", " "], ["--by", "Ada"]])
def test_it_must_be_said_what_was_seen_to_and_by_whom(sqlite_shop: Shop, words: list[str]):
    assert command(sqlite_shop, "attentions", "resolve", *words).exit_code == 2


def test_a_number_that_no_attention_can_have_is_refused(flagged: Shop):
    for number in ("0", str(2**63), "9" * 30, "x"):
        assert command(flagged, "attentions", "resolve", number, "--by", "Ada").exit_code == 2
