"""Stored events applied once more: harmless, and a cure for what was missed by a fault of ours."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from storefront.models import Attention, Order, Payment, StripeEvent, Transition
from tests.checkout.test_outbox import owe
from tests.checkout.test_two_tabs import FLOWS, net_captured
from tests.reconcile.rounds import command, rows
from tests.shop import Shop
from tests.webhooks.telling import outcome_of, paid, retold, the


def ids(shop: Shop) -> list[str]:
    return [event.id for event in sorted(shop.all(StripeEvent), key=lambda each: each.created)]


@pytest.mark.parametrize("flow", FLOWS)
def test_events_that_were_applied_are_stale(shop: Shop, flow: str):
    """I2 and E4: forwards, backwards and several times over."""
    token = paid(shop, flow)
    shop.deliver()
    before = rows(shop)

    result = command(shop, "events", "replay", *ids(shop), *reversed(ids(shop)))

    assert (result.exit_code, rows(shop)) == (0, before)
    assert " applied" not in result.output
    assert f"{the(shop, 'payment_intent.succeeded')['id']} payment_intent.succeeded stale" in (
        result.output
    )
    assert shop.order(token).status == "paid"


def test_an_event_that_was_taken_for_another_shops_pays_the_order_at_last(shop: Shop):
    """After a STORE_ID that was set wrongly, for instance."""
    token = paid(shop)
    event = the(shop, "payment_intent.succeeded")
    shop.deliver()
    shop.write(update(StripeEvent).where(StripeEvent.id == event["id"]).values(outcome="foreign"))
    forget_the_payment(shop, token)

    foreseen = command(shop, "events", "replay", event["id"], "--dry-run").output
    assert f"{event['id']} payment_intent.succeeded would be applied" in foreseen
    assert "  status: pending → succeeded" in foreseen
    assert shop.order(token).status == "pending"

    done = command(shop, "events", "replay", event["id"]).output
    assert f"{event['id']} payment_intent.succeeded applied" in done
    assert shop.order(token).status == "paid"
    assert shop.one(StripeEvent, StripeEvent.id == event["id"]).outcome == "applied"


def forget_the_payment(shop: Shop, token: str) -> None:
    nothing = {"evidence": "created", "evidence_created": 0, "last_event_id": None}
    shop.write(update(Payment).values(status="pending", amount_received=0, paid_at=None, **nothing))
    shop.write(update(Order).values(status="pending", settled_by=None, paid_at=None))
    assert shop.order(token).status == "pending"


def test_a_dry_run_changes_nothing(shop: Shop):
    token = paid(shop)
    shop.deliver()
    forget_the_payment(shop, token)
    before = rows(shop)

    command(shop, "events", "replay", *ids(shop), "--dry-run")

    assert rows(shop) == before


def test_money_under_a_strange_id_is_flagged_once(sqlite_shop: Shop):
    """WH-15: a replay asks nobody a second time."""
    paid(sqlite_shop)
    sqlite_shop.deliver()
    event = the(sqlite_shop, "payment_intent.succeeded")
    strange = retold(event, id="pi_strange")
    assert outcome_of(sqlite_shop, strange) == "mismatch"

    result = command(sqlite_shop, "events", "replay", strange["id"], strange["id"])

    assert result.output.count(" mismatch ") == 2
    assert len(sqlite_shop.all(Attention)) == 1


def test_a_replay_of_a_second_payment_refunds_once(shop: Shop):
    """RF-05: the decision to give it back is a row, and stands already."""
    owe(shop)
    shop.work()

    command(shop, "events", "replay", *ids(shop))
    shop.now += 3600
    shop.work()

    assert (len(shop.at_stripe("refund")), net_captured(shop)) == (1, 0)
    assert len(shop.all(Transition, Transition.after == "succeeded")) == 1


def test_an_event_that_was_never_here_is_said(sqlite_shop: Shop):
    paid(sqlite_shop)
    sqlite_shop.deliver()

    result = command(sqlite_shop, "events", "replay", "evt_unknown", *ids(sqlite_shop))

    assert result.exit_code == 1
    assert "evt_unknown: there is no such event here." in result.stderr
    assert "payment_intent.succeeded stale" in result.output
