"""A form larger than any of ours is a 413, whether or not it tells its length."""

from __future__ import annotations

import io

from tests.shop import Shop

LIMIT = 64 * 1024
FORM = "application/x-www-form-urlencoded"
CHUNKED = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}


def test_a_large_form_that_tells_its_length_is_refused_unread(sqlite_shop: Shop):
    response = sqlite_shop.visitor().post("/cart/items", note="x" * LIMIT)

    assert response.status_code == 413


def test_an_endless_form_is_refused_and_not_kept(sqlite_shop: Shop):
    endless = io.BytesIO(b"x" * LIMIT * 20)

    response = sqlite_shop.app.test_client().post(
        "/cart/items", input_stream=endless, content_type=FORM, environ_overrides=CHUNKED
    )

    assert response.status_code == 413
    assert endless.tell() < 2 * LIMIT


def test_a_form_in_chunks_that_fits_is_taken(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    form = f"csrf_token={visitor.csrf_token()}&product_id=none&quantity=1&note=".encode()

    for body, status in ((form.ljust(LIMIT, b"x"), 404), (form.ljust(LIMIT + 1, b"x"), 413)):
        response = visitor.client.post(
            "/cart/items",
            input_stream=io.BytesIO(body),
            content_type=FORM,
            environ_overrides=CHUNKED,
        )
        assert response.status_code == status
