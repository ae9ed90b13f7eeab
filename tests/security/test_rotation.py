"""WS-14: SECRET_KEY changes, and shoppers don't notice."""

from __future__ import annotations

from typing import Any

from tests.shop import Shop, Visitor

NEW, OLD = "n" * 40, "a key for tests that is long enough"


def moved(visitor: Visitor, **settings: Any) -> tuple[Visitor, Shop]:
    """Bring the same browser to the same shop, started again with other settings."""
    shop = Shop(visitor.shop.settings.database_url, **settings)
    other = Visitor(shop)
    other.client._cookies = dict(visitor.client._cookies)
    return other, shop


def test_a_form_opened_before_the_change_can_be_sent_after_it(sqlite_shop: Shop):
    before = sqlite_shop.visitor()
    before.add()
    form = {"csrf_token": before.csrf_token(), "flow": "payment_intent", "email": "a@example.com"}
    after, restarted = moved(before, secret_key=NEW, secret_key_fallbacks=(OLD,))

    with restarted:
        assert after.client.post("/checkout", data=form).status_code == 303
        assert len(after.orders()) == 1


def test_once_the_old_key_is_forgotten_it_opens_nothing(sqlite_shop: Shop):
    before = sqlite_shop.visitor()
    token = before.buy()
    form = {"csrf_token": before.csrf_token()}
    after, restarted = moved(before, secret_key=NEW)

    with restarted:
        assert after.get(f"/orders/{token}").status_code == 404
        assert after.client.post(f"/orders/{token}/cancel", data=form).status_code == 403


def test_what_is_made_after_the_change_needs_the_new_key_alone(sqlite_shop: Shop):
    during, rotating = moved(sqlite_shop.visitor(), secret_key=NEW, secret_key_fallbacks=(OLD,))
    with rotating:
        during.add()
        form = {"csrf_token": during.csrf_token(), "flow": "payment_intent"}
    after, rotated = moved(during, secret_key=NEW)

    with rotated:
        answer = after.client.post("/checkout", data={**form, "email": "a@example.com"})
        assert answer.status_code == 303
