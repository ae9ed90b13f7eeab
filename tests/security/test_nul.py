"""WS-21: a NUL, which PostgreSQL refuses in any text, is a page that isn't there."""

from __future__ import annotations

import pytest

from tests.shop import Shop, Visitor

PATHS = [
    "/products/%00",
    "/orders/%00",
    "/orders/%00/pay",
    "/orders/%00/status",
    "/return?order=%00",
    "/nowhere%00",
    "/v1/%00",
    "/static/%00",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_nul_in_an_address_is_a_404(visitor: Visitor, path: str):
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/cart/items/%00", "/orders/%00/cancel", "/checkout?flow=%00"])
def test_a_nul_in_the_address_of_a_form_is_a_404(visitor: Visitor, path: str):
    visitor.add()

    assert visitor.post(path, quantity=1).status_code == 404


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_nul_in_a_form_is_a_404(visitor: Visitor, kind: str):
    form = {"csrf_token": visitor.csrf_token(), "product_id": "\0", "quantity": "1"}

    assert visitor.client.post("/cart/items", data=form, content_type=kind).status_code == 404


def test_what_only_looks_like_one_is_taken_as_it_is(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()

    assert visitor.checkout(email="%00@example.com").status_code == 303
    assert visitor.orders()[0].email == "%00@example.com"
