"""Two languages: chosen by the browser or by hand, complete, and never mixed on a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from sqlalchemy import update
from werkzeug.test import TestResponse

from scripts.messages import as_text, extracted, read, sources, untranslated
from storefront.languages import LOCALES, Sentence, counted
from storefront.models import Product
from storefront.params import STRIPE_LOCALES
from storefront.views.languages import catalogue_source
from tests.pages.html import checked_page, text_of
from tests.pages.states import STATES, declined
from tests.shop import Shop, Visitor

TAIWAN = {"Accept-Language": "zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7"}
HAN = re.compile(r"[\u4e00-\u9fff]")
# Two words of English beside each other; a brand or a technical term is one.
ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|</?\w+")


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.parents[1].name)
class TestCatalogue:
    """What a language's catalogue must be, whoever touched code or templates last."""

    def test_says_all_that_the_shop_says_and_nothing_else(self, path: Path) -> None:
        found = read(path)
        found.update(extracted(), no_fuzzy_matching=True)

        assert as_text(found) == path.read_bytes(), "Run: make messages"

    def test_has_every_sentence_and_none_of_them_guessed(self, path: Path) -> None:
        assert untranslated(read(path)) == []

    def test_keeps_what_is_filled_in_and_the_tags_around_it(self, path: Path) -> None:
        for message in (each for each in read(path) if each.id):
            told = message.string if isinstance(message.string, tuple) else (message.string,)
            asked = message.id if isinstance(message.id, tuple) else (message.id,)
            for text in told:
                assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(asked[-1]))


def test_each_language_has_a_catalogue_and_a_name_at_stripe() -> None:
    """Checkout's and Stripe.js' codes: https://docs.stripe.com/js/appendix/supported_locales."""
    assert sources() == [catalogue_source(each) for each in LOCALES if each != "en"]
    assert dict(STRIPE_LOCALES) == {"en": "en", "zh_Hant_TW": "zh-TW"}


def test_what_is_missing_and_what_is_left_over_is_found() -> None:
    known, wanted = Catalog("zh_Hant_TW"), Catalog()
    known.add("old", "舊")
    known.add("guessed", "猜", flags=["fuzzy"])
    wanted.add("new")
    wanted.add("guessed")
    before = as_text(known)
    known.update(wanted, no_fuzzy_matching=True)

    assert as_text(known) != before
    assert {message.id for message in untranslated(known)} == {"new", "guessed"}


def test_a_sentence_is_english_and_knows_its_parts() -> None:
    one, two = (counted("%(count)d left", "%(count)d are left", count=n) for n in (1, 2))
    plain = Sentence("%(name)s: 100%%", name="%(x)s")

    assert (one, two, plain) == ("1 left", "2 are left", "%(x)s: 100%")
    assert (two.message, two.plural, two.values) == (
        "%(count)d left",
        "%(count)d are left",
        {"count": 2},
    )


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        (None, "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant-TW"),
        ("zh-Hant-HK", "zh-Hant-TW"),
        ("zh-CN,zh;q=0.9", "zh-Hant-TW"),
        ("en-GB,en;q=0.9,zh-TW;q=0.8", "en"),
        ("de,zh-TW;q=0.4,en;q=0.6", "en"),
        ("fr", "en"),
        ("*", "en"),
        (";;q=x,\t", "en"),
    ],
)
def test_the_browser_is_heard(sqlite_shop: Shop, wish: str | None, language: str) -> None:
    answer = sqlite_shop.visitor().client.get(
        "/", headers={"Accept-Language": wish} if wish else {}
    )

    assert checked_page(answer.text).get("lang") == language
    assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))


def test_a_choice_stays_and_leads_back_to_the_page(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()

    answer = choose(visitor, "zh_Hant_TW", "/products/washi-tape")

    assert (answer.status_code, answer.location) == (303, "/products/washi-tape")
    assert "和紙膠帶三捲組" in visitor.get("/products/washi-tape").text
    for path in ("/", "/cart", "/nowhere"):
        assert checked_page(visitor.get(path).text).get("lang") == "zh-Hant-TW"
    visitor.post("/preferences", locale="en", next="/")
    assert checked_page(visitor.client.get("/", headers=TAIWAN).text).get("lang") == "en"


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "",
     "/cart/acknowledge", "/v1/nowhere", "cart", "/\r\nSet-Cookie: a=b"],
)  # fmt: skip
def test_a_choice_leads_nowhere_else(sqlite_shop: Shop, place: str) -> None:
    assert choose(sqlite_shop.visitor(), "en", place).location == "/"


def test_a_language_that_we_lack_changes_nothing(sqlite_shop: Shop) -> None:
    visitor = sqlite_shop.visitor()

    assert "Set-Cookie" not in choose(visitor, "tlh", "/cart").headers
    assert checked_page(visitor.get("/cart").text).get("lang") == "en"


def test_no_page_before_the_order_mixes_its_languages(sqlite_shop: Shop) -> None:
    visitor = of_taiwan(sqlite_shop)
    pages = [visitor.get(path).text for path in ("/", "/cart", "/products/folding-lamp")]
    visitor.add(quantity=3)
    product = sqlite_shop.one(Product, Product.slug == "paper-shears").id
    pages += [visitor.post(f"/cart/items/{product}", quantity="x").text]
    sqlite_shop.write(update(Product).values(stock=1))
    pages += [visitor.get("/cart").text]
    visitor.post("/cart/acknowledge")
    pages += [visitor.get("/checkout").text, visitor.post("/checkout", email="x").text]
    pages += [visitor.get("/nowhere").text, visitor.client.post("/checkout").text]

    for page in pages:
        assert english_in(page) == []


@pytest.mark.parametrize("name", STATES)
def test_no_page_of_an_order_mixes_its_languages(sqlite_shop: Shop, name: str) -> None:
    visitor = of_taiwan(sqlite_shop)
    token = STATES[name].reach(sqlite_shop, visitor)
    pages = [visitor.get(f"/orders/{token}{end}") for end in ("", "/pay")]

    for page in pages:
        if page.status_code == 200:
            assert english_in(page.text) == []


def test_an_order_remembers_its_language_and_stripe_is_told(sqlite_shop: Shop) -> None:
    visitor = of_taiwan(sqlite_shop)
    token = visitor.buy("checkout_session")
    [session] = sqlite_shop.at_stripe("checkout.session")

    assert sqlite_shop.order(token).locale == "zh_Hant_TW"
    assert session["locale"] == "zh-TW"
    assert sqlite_shop.order(token).line_items[0].name == "長刃紙剪刀 21 公分"
    visitor.post(f"/orders/{token}/payment-intent")
    assert 'data-locale="zh-TW"' in visitor.get(f"/orders/{token}/pay").text


def test_a_decline_is_told_in_the_shoppers_language(sqlite_shop: Shop) -> None:
    visitor = of_taiwan(sqlite_shop)
    token = declined(sqlite_shop, visitor)

    assert "您的卡片遭拒。" in visitor.get(f"/orders/{token}").text


def test_the_api_and_its_documentation_stay_english(sqlite_shop: Shop) -> None:
    visitor = of_taiwan(sqlite_shop)

    page = checked_page(visitor.get("/v1/docs").text)

    assert page.get("lang") == "en"
    assert not HAN.search(text_of(page))
    assert not HAN.search(visitor.get("/v1/orders/nope").text)


def of_taiwan(shop: Shop) -> Visitor:
    """Return somebody whose browser asks for Traditional Chinese."""
    visitor = shop.visitor()
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = TAIWAN["Accept-Language"]
    return visitor


def choose(visitor: Visitor, locale: str, place: str) -> TestResponse:
    """Press a button of the switch on the page at `place`, as somebody whom nobody knows."""
    form = {"locale": locale, "next": place}
    return visitor.client.post("/preferences", data=form)


def english_in(text: str) -> list[str]:
    """Return what reads as English on a page in Chinese, and in what it says to a script.

    Code and what went over the wire are in no language.
    """
    page = checked_page(text)
    for code in page.iter("pre"):
        code.clear()
    assert HAN.search(text_of(page))
    spoken = {"aria-label", "title", "alt", "placeholder", "data-busy", "data-slow", "data-neutral"}
    attributes = [
        value for each in page.iter() for name, value in each.attrib.items() if name in spoken
    ]
    return ENGLISH.findall(" ".join([*page.itertext(), *attributes]).replace("\n", " | "))
