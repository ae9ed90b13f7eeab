"""Pages that are rendered once for many: nobody sees what is another's, and nothing that was."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import delete, insert, select, update

from storefront import catalog
from storefront.db import LostRace, writing
from storefront.models import Price, Product
from tests.shop import CSRF_TOKEN, Shop, Visitor
from tests.statements import statements

SHEARS = Product.slug == "paper-shears"
PAGES = ("/", "/products/paper-shears", "/cart")
COUNT = re.compile(r'class="count">([^<]*)<')
Change = Callable[[], object]


@pytest.fixture
def shears(shop: Shop) -> str:
    """The id of the paper shears."""
    return shop.one(Product, SHEARS).id


def pages(visitor: Visitor) -> str:
    """Read all the pages that are remembered, one below the other."""
    return "\n".join(map(text_at(visitor), PAGES))


def tokens(visitor: Visitor) -> set[str]:
    """Read what the forms on the remembered pages are signed with."""
    return set(CSRF_TOKEN.findall(pages(visitor)))


def test_two_visitors_share_no_token_and_no_count(shop: Shop):
    """Their carts look the same, so they are shown the same page but for what is theirs."""
    ann, bob = shop.visitor(), shop.visitor()
    for visitor in (ann, bob):
        visitor.add("paper-shears")
    bob.add("steel-rule", 2)
    ann.add("steel-rule", 2)

    [of_ann], [of_bob] = tokens(ann), tokens(bob)

    assert of_ann != of_bob
    assert COUNT.findall(pages(ann)) == COUNT.findall(pages(bob)) == ["3"] * 3
    assert ann.client.post("/cart/acknowledge", data={"csrf_token": of_bob}).status_code == 403
    assert ann.client.post("/cart/acknowledge", data={"csrf_token": of_ann}).status_code == 303
    bob.add("steel-rule")
    assert COUNT.findall(pages(bob)) == ["4"] * 3
    assert COUNT.findall(pages(ann)) == ["3"] * 3


def test_somebody_new_gets_no_token_and_no_cookie_from_another_ones_page(shop: Shop):
    known = shop.visitor()
    known.add()
    known.get("/")

    answer = shop.visitor().get("/")

    assert "Set-Cookie" not in answer.headers
    assert "csrf_token" not in answer.text
    assert COUNT.findall(answer.text) == ["0"]


def test_two_languages_and_two_currencies_are_told_apart(shop: Shop):
    ann, bob, cleo = shop.visitor(), shop.visitor(), shop.visitor()
    for visitor in (ann, bob, cleo):
        visitor.add()
    bob.post("/preferences", locale="zh_Hant_TW")
    cleo.post("/preferences", currency="jpy")
    cleo.get("/")  # tells what became of the cart, once

    for _ in range(2):
        assert pages(ann).count('<html lang="en">') == pages(cleo).count('lang="en">\n<head') == 3
        assert pages(bob).count('<html lang="zh-Hant-TW">') == 3
        assert "$29.99" in pages(ann)
        assert "US$29.99" in pages(bob)
        assert "¥" in pages(cleo)
        assert "$29.99" not in pages(cleo)
        assert "¥" not in pages(ann) + pages(bob)


def test_an_empty_cart_is_told_in_the_language_of_each_reader(shop: Shop):
    ann, bob = shop.visitor(), shop.visitor()

    for _ in range(2):
        assert "There is nothing in your cart yet." in ann.get("/cart").text
        told = bob.client.get("/cart", headers={"Accept-Language": "zh-TW"}).text
        assert '<html lang="zh-Hant-TW">' in told
        assert "There is nothing" not in told


def test_a_message_is_told_once_and_to_one(shop: Shop):
    ann, bob = shop.visitor(), shop.visitor()
    ann.add()
    bob.add()
    ann.post("/preferences", currency="eur")

    assert "Your cart has new prices" not in pages(bob)
    assert pages(ann).count("Your cart has new prices") == 1
    assert "Your cart has new prices" not in pages(ann) + pages(bob)


def test_a_change_is_seen_by_the_very_next_request_of_every_process(shop: Shop, shears: str):
    """By SQL, in one process; the other one has both pages remembered, too."""
    other = Shop(shop.settings.database_url)
    visitors = (shop.visitor(), other.visitor())
    for visitor in visitors:
        visitor.add()
        pages(visitor)
    price = (Price.product_id == shears, Price.currency == "usd")

    with other:
        shop.write(update(Price).where(*price).values(unit_amount=3111))
        for visitor in visitors:
            assert [page.count("$31.11") > 0 for page in map(text_at(visitor), PAGES)] == [True] * 3
        shop.write(update(Product).where(SHEARS).values(is_active=False))
        for visitor in visitors:
            assert "Paper shears" not in visitor.get("/").text
            assert visitor.get("/products/paper-shears").status_code == 404
            assert "sold out since" in visitor.get("/cart").text
        shop.write(update(Product).where(SHEARS).values(is_active=True, stock=1))
        for visitor in visitors:
            assert "Last one" in visitor.get("/").text
            assert "This is the last one." in visitor.get("/products/paper-shears").text


def text_at(visitor: Visitor) -> Callable[[str], str]:
    """Return what reads a page as the visitor."""
    return lambda path: visitor.get(path).text


def test_a_sale_is_seen_by_everybody_at_once_and_so_is_its_end(shop: Shop):
    shop.write(update(Product).where(SHEARS).values(stock=1))
    onlooker, buyer = shop.visitor(), shop.visitor()
    before = onlooker.get("/").text.count("Last one")
    onlooker.add()

    token = buyer.buy()

    assert onlooker.get("/").text.count("Last one") == before - 1
    assert "Sold out." in onlooker.get("/products/paper-shears").text
    assert "sold out since" in onlooker.get("/cart").text
    buyer.post(f"/orders/{token}/cancel")
    assert onlooker.get("/").text.count("Last one") == before
    assert "sold out since" not in onlooker.get("/cart").text


def test_a_change_that_is_rolled_back_is_seen_by_nobody_and_hides_no_later_one(
    shop: Shop, visitor: Visitor
):
    visitor.add()
    before = CSRF_TOKEN.sub("", pages(visitor))

    with shop.app.app_context(), suppress(LostRace), writing() as session:
        session.execute(update(Product).where(SHEARS).values(stock=1))
        assert CSRF_TOKEN.sub("", pages(visitor)) == before
        raise LostRace

    assert CSRF_TOKEN.sub("", pages(visitor)) == before
    shop.write(update(Product).where(SHEARS).values(stock=0))
    assert "Sold out." in visitor.get("/products/paper-shears").text


def test_every_change_of_a_product_or_a_price_makes_another_version(shop: Shop, shears: str):
    """A restart of the words would bring back a page of before: none comes twice."""
    price = (Price.product_id == shears, Price.currency == "eur")
    seen = {version(shop)}

    for change in (
        update(Product).where(SHEARS).values(stock=Product.stock),
        delete(Price).where(*price),
        insert(Price).values(product_id=shears, currency="eur", unit_amount=1),
        update(Price).where(*price).values(unit_amount=2),
        insert(Product).from_select(
            ["id", "slug", "position", "category", "name", "description", "image", "is_active",
             "stock"],
            select("prod_2" + Product.id.op("||")(""), "new-" + Product.slug, Product.position,
                   Product.category, Product.name, Product.description, Product.image,
                   Product.is_active, Product.stock).where(SHEARS),
        ),
        delete(Product).where(Product.slug == "new-paper-shears"),
    ):  # fmt: skip
        shop.write(change)
        assert version(shop) not in seen
        seen.add(version(shop))

    assert version(shop) in seen


def version(shop: Shop) -> str:
    """Read the catalogue's version."""
    with shop.app.app_context():
        return catalog.version()


def test_a_page_costs_one_read_and_after_a_change_at_most_three(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()
    pages(visitor)

    for path in PAGES:
        with statements(sqlite_shop) as sent:
            visitor.get(path)
        assert [one.split()[0] for one in sent] == ["SELECT"], path

    ordered = sqlite_shop.visitor()
    ordered.buy()
    for who in (visitor, ordered):
        for path in PAGES:
            sqlite_shop.write(update(Product).where(SHEARS).values(stock=Product.stock - 1))
            with statements(sqlite_shop) as sent:
                who.get(path)
            assert len(sent) <= 3, (path, sent)
