"""The panel while its order goes on: when it is asked for again, and what its buttons answer."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from storefront.scenarios import PAY_BOTH, SCENARIOS
from tests.pages.html import checked_fragment, checked_page, text_of
from tests.scenarios.buttons import arm, pay_unseen
from tests.shop import Shop, Visitor


def test_who_pays_what_somebody_has_just_paid_is_told_nothing_new(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)

    pay_unseen(visitor, token)
    pay_unseen(visitor, token)

    assert messages_in(visitor.get(f"/orders/{token}").text) == []
    assert sqlite_shop.order(token).status == "paid"
    assert len(sqlite_shop.at_stripe("charge")) == 1


def test_who_pays_what_was_cancelled_is_told_so(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    visitor.post(f"/orders/{token}/cancel")

    pay_unseen(visitor, token)

    [message] = messages_in(visitor.get(f"/orders/{token}").text)
    assert "can’t be paid any more" in message


def test_what_paying_both_ways_did_is_said_where_the_panel_was(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    visitor.post(f"/orders/{token}/scenario", name=PAY_BOTH)
    sqlite_shop.deliver()

    page = visitor.get(f"/orders/{token}").text

    assert messages_in(page) == [
        "Both payments went through. Watch which one settles the order.",
        str(SCENARIOS[PAY_BOTH].answer),
    ]
    assert text_of(checked_page(page)).count("Both payments went through") == 1


def messages_in(page: str) -> list[str]:
    """Return what is said in the panel's own place for messages."""
    [panel] = [each for each in checked_page(page).iter("div") if each.get("class") == "tried-out"]
    status = panel[0]
    assert status.get("role") == "status"
    return [text_of(each) for each in status]


def test_the_panel_is_renewed_on_its_orders_news(sqlite_shop: Shop):
    """And once more each few seconds while something can come that is no news of the order's."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    assert triggers_of(visitor, token) == "order-news from:body"
    arm(visitor, token, "after-a-minute")
    assert triggers_of(visitor, token) == "order-news from:body, every 3s"
    pay_unseen(visitor, token)
    visitor.get(f"/return?order={token}")
    assert sqlite_shop.order(token).status == "paid"
    assert "to come" in text_of(panel_alone(visitor, token))
    assert triggers_of(visitor, token) == "order-news from:body, every 3s"
    sqlite_shop.now += 61
    sqlite_shop.deliver()

    assert triggers_of(visitor, token) == "order-news from:body"
    assert "Pay, and never come back" not in text_of(panel_alone(visitor, token))


def test_the_panel_of_an_order_that_goes_its_usual_way_ends_with_it(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.pay(token)
    sqlite_shop.deliver()

    panel = panel_alone(visitor, token)

    assert (len(panel), triggers_of(visitor, token)) == (0, None)


def test_the_panel_is_the_same_as_in_the_page(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    arm(visitor, token, "twice")

    page = checked_page(visitor.get(f"/orders/{token}").text)

    panel = panel_alone(visitor, token)
    [shown] = [each for each in page.iter("div") if each.get("id") == panel.get("id")]
    assert text_of(shown) == text_of(panel)


def test_looking_again_loads_the_page_and_comes_back_to_the_panel(sqlite_shop: Shop):
    """A link to where the browser is already, but for an anchor, would load nothing."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    arm(visitor, token, "decline")

    links = []
    for _ in range(2):
        links += re.findall(rf'"(/orders/{token}\?again=\d+#scenarios-[^"]+)"',
                            visitor.get(f"/orders/{token}").text)  # fmt: skip
        sqlite_shop.now += 1

    assert len(set(links)) == 2
    assert visitor.get(links[0]).status_code == 200


def panel_alone(visitor: Visitor, token: str) -> Element:
    return checked_fragment(visitor.get(f"/orders/{token}/scenarios").text)


def triggers_of(visitor: Visitor, token: str) -> str | None:
    return panel_alone(visitor, token).get("hx-trigger")


def test_where_the_panel_is_the_page_does_not_load_itself(sqlite_shop: Shop):
    """Without JavaScript that would close it; there is a link instead."""
    visitor = sqlite_shop.visitor()

    page = visitor.get(f"/orders/{visitor.buy()}").text

    assert "http-equiv" not in page
    assert "Look again now" in page


def test_nobody_sees_somebody_elses_panel(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    stranger = sqlite_shop.visitor()
    stranger.buy()

    for each in (token, "o_never"):
        assert stranger.get(f"/orders/{each}/scenarios").status_code == 404
