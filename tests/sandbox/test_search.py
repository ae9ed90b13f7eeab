"""Stripe's search language."""

from typing import Any

import pytest

from tests.sandbox.conftest import START, World
from tests.sandbox.refusals import refusal


@pytest.fixture(scope="module")
def shop() -> World:
    """Three intents (the first and second paid), made ten seconds apart."""
    world = World()
    world.paid(metadata={"n": "one", "colour": 'light "blue"'}, amount=1000)
    world.now += 10
    world.paid("pm_card_mastercard", metadata={"n": "two"}, amount=2000, currency="eur")
    world.now += 10
    world.intent(metadata={"n": "three"}, amount=3000)
    return world


def found(page: Any) -> list[str]:
    """Return the names of what was found, the newest first."""
    return [row.metadata.n for row in page.data]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('status:"succeeded"', ["two", "one"]),
        ("status:'SUCCEEDED'", ["two", "one"]),
        ('-status:"succeeded"', ["three"]),
        ('metadata["n"]:"two"', ["two"]),
        ("metadata['n']:'two'", ["two"]),
        (r'metadata["colour"]:"light \"blue\""', ["one"]),
        ('metadata["colour"]:null', ["three", "two"]),
        ('-metadata["colour"]:null', ["one"]),
        ("amount>1000", ["three", "two"]),
        ("amount>=1000 amount<3000", ["two", "one"]),
        ("amount:2000", ["two"]),
        ('amount:"2000"', ["two"]),
        (f"created<={START + 10}", ["two", "one"]),
        ('status:"succeeded" AND currency:"usd"', ["one"]),
        ('status:"succeeded" currency:"usd"', ["one"]),
        ('currency:"eur" or amount:3000', ["three", "two"]),
        ("customer:null", ["three", "two", "one"]),
    ],
)
def test_payment_intents_are_found(shop: World, query: str, names: list[str]) -> None:
    assert found(shop.stripe.payment_intents.search({"query": query})) == names


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (" ", "clause"),
        ("status", "clause"),
        ("status:succeeded", "quotes"),
        ('colour:"red"', "cannot be searched"),
        ('metadata:"x"', "cannot be searched"),
        ('status["x"]:"y"', "cannot be searched"),
        ('status>"a"', "operator"),
        ('status~"succ"', "operator"),
        ('amount:"x"', "number"),
        ("amount>null", "number"),
        ('status:"succeeded"currency:"usd"', "space"),
        ('status:"a" AND currency:"b" OR amount:1', "AND and OR"),
        (" ".join(["amount>1"] * 11), "10 clauses"),
        ('status:"unclosed', "clause"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(shop: World, query: str, says: str) -> None:
    refused = refusal(lambda: shop.stripe.payment_intents.search({"query": query}))

    assert (refused.status, refused.param) == (400, "query")
    assert says in refused.message


def test_what_is_found_comes_in_pages(shop: World) -> None:
    search = shop.stripe.payment_intents.search
    query = {"query": "amount>0", "limit": 2}

    first = search(query)
    second = search({**query, "page": first.next_page})

    assert (found(first), found(second)) == (["three", "two"], ["one"])
    assert (first.has_more, second.has_more, second.next_page) == (True, False, None)
    assert [row.metadata.n for row in search(query).auto_paging_iter()] == ["three", "two", "one"]
    assert refusal(lambda: search({**query, "page": "x"})).param == "page"
    assert refusal(lambda: search({**query, "limit": 101})).param == "limit"


def test_charges_are_found_by_their_card(shop: World) -> None:
    search = shop.stripe.charges.search

    last4 = search({"query": 'payment_method_details.card.last4:"4242"'})
    brand = search({"query": 'payment_method_details.card.brand:"mastercard" refunded:"false"'})

    assert (found(last4), found(brand)) == (["one"], ["two"])


def test_customers_and_products_are_found_by_a_part_of_a_word(world: World) -> None:
    customer = world.stripe.customers.create({"email": "ann@tea.test", "name": "Ann Lee"})
    gone = world.stripe.customers.create({"email": "bea@tea.test"})
    world.stripe.customers.delete(gone.id)
    product = world.stripe.products.create({"name": "Green tea"})

    by_email = world.stripe.customers.search({"query": 'email~"TEA.test"'})
    by_name = world.stripe.products.search({"query": 'name~"tea" AND active:"true"'})

    assert [one.id for one in by_email.data] == [customer.id]
    assert [one.id for one in by_name.data] == [product.id]
    assert (
        "shorter" in refusal(lambda: world.stripe.products.search({"query": 'name~"te"'})).message
    )


def test_prices_are_found_by_their_lookup_key(world: World) -> None:
    new = {"currency": "usd", "unit_amount": 5, "product_data": {"name": "Tea"}}
    price = world.stripe.prices.create({**new, "lookup_key": "small"})
    world.stripe.prices.create(new)

    assert [one.id for one in world.stripe.prices.search({"query": 'lookup_key:"small"'}).data] == [
        price.id
    ]
