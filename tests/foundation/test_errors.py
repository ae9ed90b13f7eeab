"""What an answer says beside its status."""

from __future__ import annotations

import pytest

from tests.shop import Shop

ALLOWED = {
    "/cart/acknowledge": "OPTIONS, POST",
    "/cart": "GET, HEAD, OPTIONS",
    "/checkout": "GET, HEAD, OPTIONS, POST",
    "/v1/webhooks/stripe": "OPTIONS, POST",
}


@pytest.mark.parametrize("path", ALLOWED)
def test_a_refused_method_is_told_which_ones_are_taken(sqlite_shop: Shop, path: str):
    response = sqlite_shop.app.test_client().open(path, method="TRACE")

    assert (response.status_code, response.headers["Allow"]) == (405, ALLOWED[path])
