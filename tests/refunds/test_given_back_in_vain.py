"""Money that didn't go back: refused here or by Stripe, canceled, or so it seemed."""

from __future__ import annotations

import pytest

from storefront.models import Payment, Refund
from tests.checkout.test_stripe_faults import ASKED_IN_ALL, refusing
from tests.refunds.conftest import Bought, bought
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, retold


def test_nobody_gives_money_back_without_a_name(sqlite_shop: Shop):
    """O2: and nobody under the names that the shop and Stripe go by."""
    paid = bought(sqlite_shop)
    runner = sqlite_shop.app.test_cli_runner()
    for name in ("", "  ", "shop", "stripe"):
        done = runner.invoke(args=["refund", paid.order.number, "--by", name])
        assert (done.exit_code, "Say who decides it" in done.output) == (2, True)

    assert paid.refunds() == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_for_a_while_decides_nothing(sqlite_shop: Shop, status: int):
    """ST-08 and RF-05: the money went back and nobody knows yet; it isn't given back twice."""
    paid = bought(sqlite_shop)
    sqlite_shop.sandbox.faults.add("/v1/refunds", "timeout_after", ASKED_IN_ALL)
    paid.refund("--amount", "100")
    sqlite_shop.now += 61
    works = sqlite_shop.transport.send
    sqlite_shop.transport.send = refusing(status, "invalid_request_error", "sk_test_shop may not")  # type: ignore[method-assign]
    sqlite_shop.work()
    sqlite_shop.transport.send = works  # type: ignore[method-assign]
    assert (paid.refunds(), paid.attentions()) == ([(100, "pending", "ann")], [])

    sqlite_shop.now += 3600
    sqlite_shop.work()

    assert paid.refunds() == [(100, "succeeded", "ann")]
    assert paid.refunded_at_stripe() == paid.payment.amount_refunded == 100


def test_a_refund_that_stripe_tells_of_after_all_was_made(sqlite_shop: Shop):
    """RF-05: that it was refused was our own reading; what Stripe tells of it counts."""
    paid = bought(sqlite_shop)
    paid.refund("--amount", "100")
    [told] = sqlite_shop.events("refund.created")
    sqlite_shop.write(Refund.__table__.update().values(stripe_refund_id=None, status="failed"))
    sqlite_shop.write(Payment.__table__.update().values(amount_refunded=0))

    assert outcome_of(sqlite_shop, told) == "applied"

    assert paid.refunds() == [(100, "succeeded", "ann")]
    assert (paid.order.status, paid.payment.amount_refunded) == ("partially_refunded", 100)


def test_a_refund_that_is_canceled_asks_for_a_human(sqlite_shop: Shop):
    """RF-09: it waited for the customer's bank account in vain, and the money is ours again."""
    paid = bought(sqlite_shop)
    paid.refund()
    [told] = sqlite_shop.events("refund.created")
    sqlite_shop.write(Refund.__table__.update().values(status="requires_action"))

    assert outcome_of(sqlite_shop, retold(told, as_="refund.updated", status="canceled"))

    assert (paid.order.status, paid.attentions()) == ("paid", ["refund_failed"])


def test_what_stripe_refuses_is_not_recorded_as_done(paid: Bought):
    """RF-04: the Dashboard was faster with a part of it."""
    paid.in_dashboard("refunds", payment_intent=paid.intent_id, amount=1)

    done = paid.refund()
    assert (done.exit_code, "Stripe gave nothing back" in done.stderr) == (1, True)
    assert paid.refunds() == [(1, "succeeded", "stripe"), (paid.total, "failed", "ann")]
    assert paid.attentions() == ["external_refund", "refund_failed"]
    assert (paid.order.status, paid.payment.amount_refunded) == ("partially_refunded", 1)


def test_a_refund_that_somebody_made_whole_already_is_not_missed(paid: Bought):
    paid.in_dashboard("refunds", payment_intent=paid.intent_id)

    done = paid.refund()
    assert (done.exit_code, "charge_already_refunded" in done.stderr) == (1, True)
    assert paid.refunds() == [(paid.total, "canceled", "ann"), (paid.total, "succeeded", "stripe")]
    assert (paid.order.status, paid.attentions()) == ("refunded", ["external_refund"])
