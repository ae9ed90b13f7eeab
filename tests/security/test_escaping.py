"""WS-03: text from outside is text on every page, whatever it looks like."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.models import Payment, Product
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.shop import Shop, Visitor

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>alert(1)</script>",
    "</textarea></style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "javascript:alert(1)",
    "<!-- --><!DOCTYPE x>",
    "&lt;b&gt;&#0;&amp;",
    "\u202ethgir\u202c \u2028\u2029 ﷽ 😀",
    "]]></script><meta http-equiv=refresh content=0>",
]
each_payload = pytest.mark.parametrize("payload", PAYLOADS)


def pages(visitor: Visitor) -> list[str]:
    """Walk from the catalogue to the order; returns every page that names the product."""
    found = [visitor.get("/").text, visitor.get("/products/paper-shears").text]
    visitor.add(quantity=2)
    found += [visitor.get("/cart").text, visitor.get("/checkout").text]
    visitor.checkout()
    [order] = visitor.orders()
    return found + [visitor.get(f"/orders/{order.token}{end}").text for end in ("", "/pay")]


def check(text: str, payload: str) -> None:
    page = checked_page(text)
    assert all(each.get("src", "").startswith("/static/") for each in page.iter("script"))
    assert all(each.get("src", "").startswith("/static/") for each in page.iter("img"))
    assert [each for each in page.iter("a") if "script:" in each.get("href", "")] == []
    assert " ".join(payload.split()) in text_of(page)


@each_payload
def test_a_products_words_are_words_everywhere(sqlite_shop: Shop, payload: str):
    words = {"en": payload}
    sqlite_shop.write(
        update(Product)
        .where(Product.slug == "paper-shears")
        .values(name=words, description=words, category=words)
    )

    for text in pages(sqlite_shop.visitor()):
        check(text, payload)


@each_payload
def test_a_notice_about_a_product_is_words(sqlite_shop: Shop, payload: str):
    visitor = sqlite_shop.visitor()
    visitor.add(quantity=2)
    sqlite_shop.write(update(Product).values(name={"en": payload}, stock=1))

    check(visitor.get("/cart").text, f"Only 1 of {payload} is left")


@each_payload
def test_stripes_explanation_of_a_decline_is_words(sqlite_shop: Shop, payload: str):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.write(update(Payment).values(status="failed", failure_message=payload))

    check(visitor.get(f"/orders/{token}").text, payload)
    checked_fragment(visitor.get(f"/orders/{token}/status").text)


@each_payload
def test_what_was_typed_comes_back_as_a_value(sqlite_shop: Shop, payload: str):
    visitor = sqlite_shop.visitor()
    visitor.add()

    page = checked_page(visitor.checkout(email=payload).text)

    [email] = [each for each in page.iter("input") if each.get("name") == "email"]
    assert email.get("value") == payload.strip()


@each_payload
def test_an_address_is_never_repeated_on_an_error_page(sqlite_shop: Shop, payload: str):
    visitor = sqlite_shop.visitor()

    answers = [
        visitor.client.get(f"/{payload}"),
        visitor.client.get("/orders/x", query_string={"q": payload}),
        visitor.post("/cart/items", product_id=payload, quantity=payload),
    ]

    for answer in answers:
        assert answer.status_code in {404, 308}
        assert payload not in answer.text
