"""A first visit is light: everything but the products' pictures, as it travels."""

from __future__ import annotations

import gzip

import pytest

from tests.pages.html import checked_page
from tests.shop import Shop

LIMIT = 100 * 1024


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_first_visit_weighs_less_than_a_hundred_kilobytes(
    sqlite_shop: Shop, language: str
) -> None:
    """All the way to the card form, whose scripts of Stripe's are Stripe's own."""
    visitor = sqlite_shop.visitor()
    visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    token = visitor.buy()
    paths = ["/", "/products/paper-shears", f"/orders/{token}", f"/orders/{token}/pay"]
    pages = {path: visitor.get(path).text for path in paths}
    files = {path for page in pages.values() for path in files_of(page)}

    fetched = {path: visitor.get(path).data for path in files}
    weighed = {path: weight(data) for path, data in fetched.items()}
    weighed |= {path: weight(page.encode()) for path, page in pages.items()}

    assert {path.partition("?")[0].rpartition(".")[2] for path in files} == {
        "css", "js", "svg", "woff2",
    }  # fmt: skip
    assert sum(weighed.values()) < LIMIT, weighed


def files_of(page: str) -> set[str]:
    """Return what a browser fetches for a page, but for pictures of products."""
    tree = checked_page(page)
    named = [each.get("href") for each in tree.iter("link")]
    named += [each.get("src") for tag in ("script", "img") for each in tree.iter(tag)]
    return {path for path in named if path and "/products/" not in path}


def weight(data: bytes) -> int:
    """Return how many bytes travel; what is compressed already isn't compressed again."""
    return min(len(data), len(gzip.compress(data, 6)))
