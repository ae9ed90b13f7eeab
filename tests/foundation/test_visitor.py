"""Who a visitor is, before the first thing in the cart."""

from __future__ import annotations

from storefront.models import Product
from tests.shop import Shop


def test_two_first_products_added_at_once_are_in_one_cart(sqlite_shop: Shop):
    """Both are sent with the cookie of the product page; the browser keeps the later answer's."""
    browser = sqlite_shop.visitor()
    token = browser.csrf_token()
    tabs = [browser.tab(), browser.tab()]

    for tab, slug in zip(tabs, ("paper-shears", "steel-rule"), strict=True):
        product = sqlite_shop.one(Product, Product.slug == slug).id
        form = {"csrf_token": token, "product_id": product, "quantity": "1"}
        assert tab.client.post("/cart/items", data=form).status_code == 303

    page = tabs[1].get("/cart").text
    assert "/products/paper-shears" in page
    assert "/products/steel-rule" in page


def test_who_only_passes_by_gets_no_cookie(sqlite_shop: Shop):
    response = sqlite_shop.visitor().get("/")

    assert "Set-Cookie" not in response.headers
