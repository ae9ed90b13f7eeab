"""The panel of an order: what it arms, for whom, and where there is none."""

from __future__ import annotations

import re

import pytest

from storefront.lifecycle import Flow
from storefront.models import Attention
from storefront.scenarios import PAY_BOTH, SCENARIOS
from tests.pages.html import checked_page
from tests.scenarios.buttons import arm, look, pay_unseen
from tests.shop import Shop, Visitor
from tests.worlds import in_world

ARMABLE = [name for name in SCENARIOS if name != PAY_BOTH]
ROUTES = ("", "/pay", "/reconcile")


def compared(visitor: Visitor) -> list[str]:
    """Return the tokens of both columns' orders, from left to right."""
    return re.findall(r'action="/orders/(\w+)/scenario"', visitor.get("/compare").text)


@pytest.mark.parametrize("name", ARMABLE)
def test_what_is_armed_is_said_and_can_be_disarmed(sqlite_shop: Shop, name: str):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    assert "armed" not in look(visitor, token)

    page = arm(visitor, token, name)

    assert f"{SCENARIOS[name].title} · armed; nothing has happened yet" in page
    assert "armed" not in arm(visitor, token, "none")
    assert sqlite_shop.sandbox.rules.all() == []


def test_another_scenario_takes_the_place_of_the_first(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    arm(visitor, token, "never")

    arm(visitor, token, "twice")

    assert [rule["kind"] for rule in sqlite_shop.sandbox.rules.all()] == ["duplicate"]


def test_any_other_order_goes_its_usual_way(sqlite_shop: Shop):
    visitor, somebody_else = sqlite_shop.visitor(), sqlite_shop.visitor()
    ours, theirs = visitor.buy(), somebody_else.buy()
    arm(visitor, ours, "never")
    for token in (ours, theirs):
        sqlite_shop.pay(token)
    sqlite_shop.deliver()

    assert [sqlite_shop.order(each).status for each in (ours, theirs)] == ["pending", "paid"]
    assert "armed" not in look(somebody_else, theirs)


@pytest.mark.parametrize("flow", list(Flow))
def test_a_scenario_holds_for_whichever_way_is_taken_afterwards(sqlite_shop: Shop, flow: Flow):
    visitor = sqlite_shop.visitor()
    token = visitor.buy("checkout_session")
    arm(visitor, token, "twice")
    visitor.post(f"/orders/{token}/{flow.replace('_', '-')}")
    sqlite_shop.pay(token)

    outcomes = sqlite_shop.deliver()

    assert outcomes.count("duplicate") == len(outcomes) / 2 >= 2
    assert "each repeat was a duplicate, ignored" in look(visitor, token)


def test_the_webhook_overtakes_the_answer_to_its_own_cause(sqlite_shop: Shop):
    """WH-33: the event about an attempt comes before the shop has heard that it was made."""
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    arm(visitor, token, "before-the-redirect")

    visitor.post(f"/orders/{token}/checkout-session")
    pay_unseen(visitor, token)

    assert sqlite_shop.order(token).status == "paid"
    left = [row["type"] for row in sqlite_shop.sandbox.deliveries.pending()]
    assert left == ["payment_intent.created"]  # of the first attempt, before it was armed


def test_what_was_sent_about_the_order_and_answered_is_listed(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    sqlite_shop.deliver()
    arm(visitor, token, "wrong-signature")
    pay_unseen(visitor, token)
    for _ in range(4):
        sqlite_shop.deliver()
        sqlite_shop.now += 3

    page = look(visitor, token)

    assert "payment_intent.succeeded 400 400 200" in page
    assert "it has happened" in page
    assert sqlite_shop.order(token).status == "paid"


def test_what_no_webhook_told_is_learned_by_reconciling(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    arm(visitor, token, "never")
    pay_unseen(visitor, token)
    assert sqlite_shop.deliver() == ["ignored"]
    assert "payment_intent.succeeded never sent" in look(visitor, token)

    answer = visitor.post(f"/orders/{token}/scenario/reconcile")

    assert (
        "Reconciled: 0 events that no delivery brought. 1 object at Stripe told something new. "
        "An event younger than a minute may still come by itself."
    ) in look(visitor, token)
    assert answer.location.startswith(f"/orders/{token}#")
    assert sqlite_shop.order(token).status == "paid"


@pytest.mark.parametrize("first", list(Flow))
def test_both_ways_at_once_are_paid_once(sqlite_shop: Shop, first: Flow):
    visitor = sqlite_shop.visitor()
    token = visitor.buy(first)

    arm(visitor, token, PAY_BOTH)
    sqlite_shop.deliver()
    sqlite_shop.work()
    sqlite_shop.deliver()

    charged = [charge["amount"] - charge["amount_refunded"] for charge in
               sqlite_shop.at_stripe("charge")]  # fmt: skip
    assert sorted(charged) == [0, 2999]
    assert sqlite_shop.order(token).status == "paid"
    assert [each.reason for each in sqlite_shop.all(Attention)] == ["paid_twice"]


def test_a_scenario_that_nobody_knows_is_not_there(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    for name in ("rain", "", "never\0"):
        assert visitor.post(f"/orders/{token}/scenario", name=name).status_code == 404
    assert sqlite_shop.sandbox.rules.all() == []


def test_nobody_arms_somebody_elses_order(sqlite_shop: Shop):
    token = sqlite_shop.visitor().buy()
    stranger = sqlite_shop.visitor()
    stranger.buy()

    for route in ROUTES:
        answer = stranger.post(f"/orders/{token}/scenario{route}", name="never")
        assert answer.status_code == 404
    assert sqlite_shop.sandbox.rules.all() == []


def test_a_form_without_the_pages_token_arms_nothing(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()

    for route in ROUTES:
        answer = visitor.client.post(f"/orders/{token}/scenario{route}", data={"name": "never"})
        assert answer.status_code == 403
    assert sqlite_shop.sandbox.rules.all() == []


def test_a_paid_order_has_no_panel_unless_something_was_armed(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    plain, armed = visitor.buy(), visitor.buy(slug="fountain-pen")
    arm(visitor, armed, "twice")
    for token in (plain, armed):
        sqlite_shop.pay(token)
    sqlite_shop.deliver()

    assert "Make it interesting" not in look(visitor, plain)
    page = look(visitor, armed)
    assert "Deliver twice · struck 2 times" in page
    assert "Choose" not in page
    assert "armed" not in page
    assert "so there is nothing to try out on it" in arm(visitor, plain, "twice")
    assert "so there is nothing to try out on it" in arm(visitor, plain, PAY_BOTH)


def test_each_column_of_the_comparison_has_its_own(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.get("/")
    visitor.post("/compare")
    page = visitor.get("/compare").text
    checked_page(page)
    assert page.count('class="scenarios card"') == 2
    token = compared(visitor)[0]

    answer = visitor.post(f"/orders/{token}/scenario", name="twice")

    assert answer.location.startswith("/compare#scenarios-")
    assert visitor.get("/compare").text.count("nothing has happened yet") == 1


def test_somebody_pays_the_compared_order_by_its_own_flow(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.get("/")
    visitor.post("/compare")
    token = compared(visitor)[1]

    pay_unseen(visitor, token)

    assert [each.flow for each in sqlite_shop.payments(token)] == [Flow.CHECKOUT_SESSION]


def test_while_the_sandbox_is_away_the_page_stands_and_says_so(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    asked = break_the_rules(sqlite_shop)

    assert "The sandbox doesn’t answer just now. Reload" in look(visitor, token)
    assert "doesn’t answer just now. Try again" in arm(visitor, token, "never")
    assert visitor.get(f"/orders/{token}").status_code == 200
    assert visitor.get(f"/orders/{token}/scenarios").status_code == 204  # what is there, stays
    assert len(asked) == 1  # no page waits for it again so soon


def break_the_rules(shop: Shop) -> list[str]:
    """Let the sandbox fail in all that is about rules; return a list of the looks at them."""
    asked: list[str] = []

    def broken() -> tuple[str, int]:
        asked.append("rules")
        return "broken", 500

    shop.sandbox_app.view_functions["control.rules"] = broken
    shop.sandbox_app.view_functions["control.replace_rules_about"] = lambda: ("broken", 500)
    return asked


def test_what_the_sandbox_refuses_is_said(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    token = visitor.buy()
    arm(visitor, token, "decline")

    pay_unseen(visitor, token)

    assert "The sandbox refused: Your card was declined." in look(visitor, token)


@pytest.mark.parametrize("world", ["TEST", "LIVE"])
def test_where_stripe_is_the_real_one_there_is_nothing_of_it(sqlite_url: str, world: str):
    """Not even with the sandbox at hand: it plays Stripe here, and would do what it is asked."""
    with in_world(world, sqlite_url) as shop:
        visitor = shop.visitor()
        token = visitor.buy()
        page = visitor.get(f"/orders/{token}").text
        answers = [
            visitor.post(f"/orders/{token}/scenario{route}", name="never") for route in ROUTES
        ]
        answers.append(visitor.get(f"/orders/{token}/scenarios"))

    assert "scenario" not in page
    assert "scenarios" not in {each.partition(".")[0] for each in shop.app.view_functions}
    assert shop.app.extensions["controls"] is None
    assert [answer.status_code for answer in answers] == [404] * 4
    assert shop.sandbox.rules.all() == []
