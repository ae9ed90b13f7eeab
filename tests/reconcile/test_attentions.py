"""`flask attentions`: what a human should look at, and who has."""

from __future__ import annotations

import re

import pytest

from storefront.attentions import list_attentions
from storefront.models import Attention, Order
from tests.checkout.together import together
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


def test_money_under_a_strange_id_is_asked_about_once_until_somebody_has_looked(shop: Shop):
    """M4: however many events tell of it, also at once; none of another sum or id is left out."""
    paid(shop)
    told = the(shop, "payment_intent.succeeded")
    shop.deliver()
    strange, another = f"{told['data']['object']['id']}x", f"{told['data']['object']['id']}y"

    def tell(id_: str = strange, **changes: int) -> None:
        assert outcome_of(shop, retold(told, id=id_, **changes)) == "mismatch"

    together(tell, tell, tell)
    assert len(shop.all(Attention)) == 1
    version = shop.one(Order).version
    tell()
    assert shop.one(Order).version == version
    tell(amount_received=1000)
    tell(another)
    with shop.app.app_context():
        found = [(row.amount_received, row.sentence.split()[-1]) for row, _ in list_attentions()]
    assert found == [(2999, f"{strange}."), (1000, f"{strange}."), (2999, f"{another}.")]

    command(shop, "attentions", "resolve", *(str(row.id) for row in shop.all(Attention)), "--by=A")
    tell()

    assert len(shop.all(Attention, Attention.resolved_at.is_(None))) == 1
