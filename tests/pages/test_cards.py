"""Test cards are offered where money is a game, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storefront.views.cards import CARDS
from tests.pages.html import checked_page, text_of
from tests.shop import Shop
from tests.worlds import WORLDS

# What makes a world, but for its address, at which this shop wouldn't answer.
KEYS = ("sandbox_url", "stripe_secret_key", "stripe_publishable_key")


def test_they_stand_beside_the_form_and_each_can_be_copied(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    page = checked_page(visitor.get(f"/orders/{token}/pay").text)

    numbers = {each.get("id"): text_of(each) for each in page.iter("code")}
    copied = [each.get("data-copy") for each in page.iter("button") if each.get("data-copy")]
    assert [numbers[name] for name in copied] == [card.number for card in CARDS]


@pytest.mark.parametrize("world", WORLDS)
def test_they_are_absent_where_money_is_real(sqlite_shop: Shop, world: str) -> None:
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    there = {name: WORLDS[world][name] for name in KEYS if name in WORLDS[world]}
    sqlite_shop.app.extensions["settings"] = replace(sqlite_shop.settings, **there)

    page = visitor.get(f"/orders/{token}/pay").text

    assert f"<strong>{world}</strong>" in page
    is_offered = world != "LIVE"
    assert ("4242 4242" in page, "copy.js" in page) == (is_offered, is_offered)
