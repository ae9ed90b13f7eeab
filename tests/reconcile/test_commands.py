"""`flask reconcile`: what it prints, and what it tells cron by its exit code."""

from __future__ import annotations

import pytest

from tests.checkout.meanwhile import calls_to_stripe
from tests.checkout.test_stripe_faults import ASKED_IN_ALL, refusing
from tests.reconcile.rounds import A_MINUTE, command, rows
from tests.reconcile.test_gap import paid, twin_of
from tests.shop import Shop

FINE, GAP, NOT_WHOLE = 0, 3, 4


def test_it_exits_with_0_when_all_is_well(shop: Shop):
    """SH-14: what was open before it came is closed by it."""
    token = shop.visitor().buy()
    shop.pay(token)
    shop.now += A_MINUTE

    result = command(shop, "reconcile")

    assert result.exit_code == FINE
    assert "1 events that no delivery brought: 1 applied." in result.output
    assert "Paid at Stripe and not here: 0.\nPaid here and not at Stripe: 0.\n" in result.output
    assert shop.order(token).status == "paid"


def test_a_gap_has_an_exit_code_of_its_own(sqlite_shop: Shop):
    _, intent = paid(sqlite_shop)
    twin_of(sqlite_shop, intent)
    sqlite_shop.now += A_MINUTE

    assert command(sqlite_shop, "reconcile").exit_code == GAP


def test_a_dry_run_shows_the_gap_that_a_round_would_close(sqlite_shop: Shop):
    sqlite_shop.pay(sqlite_shop.visitor().buy())
    sqlite_shop.now += A_MINUTE
    before = rows(sqlite_shop)

    result = command(sqlite_shop, "reconcile", "--dry-run")

    assert (result.exit_code, rows(sqlite_shop)) == (GAP, before)
    assert "Paid at Stripe and not here: 1: $29.99 USD." in result.output
    assert command(sqlite_shop, "reconcile").exit_code == FINE


@pytest.mark.parametrize("kind", ["timeout_before", "reset", "429", "500"])
@pytest.mark.parametrize("path", ["/v1/events", "/v1/payment_intents", "/v1/checkout/sessions"])
def test_an_outage_is_said_and_nothing_is_lost(sqlite_shop: Shop, path: str, kind: str):
    """ST-01, ST-05, ST-11: wherever in the round it strikes."""
    token = sqlite_shop.visitor().buy()
    sqlite_shop.pay(token)
    sqlite_shop.now += A_MINUTE
    sqlite_shop.sandbox.faults.add(path, kind, ASKED_IN_ALL)

    result = command(sqlite_shop, "reconcile")

    assert result.exit_code == NOT_WHOLE
    assert "Stripe doesn't answer" in result.stderr
    assert "Nothing is lost: run it again later." in result.stderr
    sqlite_shop.sandbox.faults.clear()
    assert command(sqlite_shop, "reconcile").exit_code == FINE
    assert sqlite_shop.order(token).status == "paid"


def test_one_payment_that_cannot_be_read_is_neither_well_nor_a_gap(sqlite_shop: Shop):
    """ST-05: the others are read, and it is tried again."""
    token = sqlite_shop.visitor().buy()
    [intent] = sqlite_shop.at_stripe("payment_intent")
    command(sqlite_shop, "reconcile")
    sqlite_shop.now += 3 * 24 * 3600
    sqlite_shop.sandbox.faults.add(f"/v1/payment_intents/{intent['id']}", "reset", ASKED_IN_ALL)
    command(sqlite_shop, "reconcile", "--within", "1d")
    sqlite_shop.now += 2 * 24 * 3600
    sqlite_shop.sandbox.faults.add(f"/v1/payment_intents/{intent['id']}", "reset", ASKED_IN_ALL)

    result = command(sqlite_shop, "reconcile", "--within", "1h")

    assert (result.exit_code, sqlite_shop.order(token).status) == (NOT_WHOLE, "pending")
    assert ", 1 postponed." in result.output


def test_a_key_that_may_not_read_is_told_apart_and_not_shown(sqlite_shop: Shop):
    """ST-08."""
    sqlite_shop.visitor().buy()
    works = sqlite_shop.transport.send
    sqlite_shop.transport.send = refusing(403, "invalid_request_error", "sk_test_shop may not")  # type: ignore[method-assign]
    sqlite_shop.now += A_MINUTE

    result = command(sqlite_shop, "reconcile")
    sqlite_shop.transport.send = works  # type: ignore[method-assign]

    assert result.exit_code == NOT_WHOLE
    assert "Stripe refuses to be asked" in result.stderr
    assert "sk_test" not in result.output + result.stderr


def test_a_healthy_shop_costs_a_few_calls(sqlite_shop: Shop):
    """However many payments there are: a page holds a hundred."""
    for _ in range(8):
        sqlite_shop.pay(sqlite_shop.visitor().buy(slug="cedar-pencils"))
        sqlite_shop.now += 10 * A_MINUTE
    sqlite_shop.deliver()
    command(sqlite_shop, "reconcile")

    with calls_to_stripe(sqlite_shop) as calls:
        command(sqlite_shop, "reconcile")

    assert calls == [
        "GET /v1/events", "GET /v1/events", "GET /v1/events",
        "GET /v1/payment_intents", "GET /v1/checkout/sessions",
    ]  # fmt: skip


def test_a_time_longer_than_any_shop_is_old_means_everything(sqlite_shop: Shop):
    sqlite_shop.visitor().buy()

    assert command(sqlite_shop, "reconcile", "--within", "999999d").exit_code == 0
