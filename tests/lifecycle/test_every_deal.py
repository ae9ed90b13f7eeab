"""E4: the same events, dealt in every order there is, leave the shop in the same place.

Everything is told through the real webhook, and everything that follows from it is compared: all
columns of the payments and orders, the stock, the attentions, and what was decided to refund.
"""

from __future__ import annotations

import itertools

import pytest

from tests.lifecycle.dealing import STORIES, Deck, News, bank_debit, deck, moves
from tests.shop import Shop

# 24 deals take about a second; of longer stories only what can move something is dealt.
MOST_DEALT = 4
ENDS = {
    "in_one_go": "paid",
    "declined_at_first": "paid",
    "challenged": "paid",
    "challenged_in_vain": "pending",
    "given_up": "pending",
}


def assert_every_deal_ends_the_same(deck: Deck, status: str) -> None:
    """Deal every permutation, and every permutation with the first card dealt once more."""
    news = deck.news if len(deck.news) <= MOST_DEALT else tuple(filter(moves, deck.news))
    as_it_happened = deck.deal(news)
    assert deck.shop.order(deck.token).status == status

    for dealt in itertools.permutations(news):
        assert deck.deal([*dealt, dealt[0]]) == as_it_happened, names(dealt)


def names(dealt: tuple[News, ...]) -> list[str]:
    """Return what a failure should show."""
    return [each["type"] if isinstance(each, dict) else "re-read" for each in dealt]


@pytest.mark.parametrize("apart", [0, 60], ids=["in one second", "a minute apart"])
@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_a_purchase_ends_the_same_in_every_order(
    sqlite_shop: Shop, flow: str, story: str, apart: int
) -> None:
    """E4, WH-09: with all events in one second, too."""
    assert_every_deal_ends_the_same(deck(sqlite_shop, flow, story, apart=apart), ENDS[story])


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_a_purchase_whose_ids_were_lost_ends_the_same_in_every_order(
    sqlite_shop: Shop, flow: str, story: str
) -> None:
    """E4, WH-33: whichever event comes first brings the Stripe ids with it."""
    lost = deck(sqlite_shop, flow, story, apart=60, is_ours_lost=True)

    assert_every_deal_ends_the_same(lost, ENDS[story])


@pytest.mark.parametrize(("succeeds", "status"), [(True, "paid"), (False, "pending")])
def test_a_bank_debit_ends_the_same_in_every_order(
    sqlite_shop: Shop, succeeds: bool, status: str
) -> None:
    """E4, WH-08."""
    assert_every_deal_ends_the_same(bank_debit(sqlite_shop, succeeds=succeeds), status)


@pytest.mark.parametrize("flow", ["payment_intent", "checkout_session"])
def test_a_purchase_ends_the_same_on_either_database(shop: Shop, flow: str) -> None:
    """E4, where SQL differs."""
    assert_every_deal_ends_the_same(deck(shop, flow, "declined_at_first"), "paid")
