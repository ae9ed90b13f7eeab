"""Two ledgers side by side when all is quiet: what Stripe knows, and what the shop knows.

Nothing that was acknowledged may be missing: an event answered with 2xx is in the inbox, an order
that a shopper was told of exists, and money that Stripe took is on a paid order.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import text

from storefront.db import reading
from tests.chaos.crowd import Buyer, direct
from tests.chaos.town import PATIENCE, STOCK, Town

# Each finds what must never be: the invariants of money, events and stock.
NEVER = {
    "M1: paid, without a payment of exactly its amount": """
        SELECT orders.id FROM orders LEFT JOIN payments ON payments.id = settled_by
        WHERE orders.status = 'paid' AND (payments.id IS NULL OR payments.status <> 'succeeded'
            OR amount_received <> amount_total OR payments.currency <> orders.currency)""",
    "M3: more refunded than received": """
        SELECT id FROM payments WHERE amount_refunded > amount_received""",
    "M6: two live attempts of one order": """
        SELECT order_id FROM payments WHERE is_live GROUP BY order_id HAVING count(*) > 1""",
    "E1: an event applied twice, or without its row": """
        SELECT cause FROM transitions LEFT JOIN stripe_events ON stripe_events.id = cause
        WHERE cause LIKE 'evt_%' GROUP BY cause, transitions.payment_id
        HAVING count(*) > 1 OR max(coalesce(stripe_events.outcome, '')) <> 'applied'""",
    "E1: an order that became paid twice": """
        SELECT order_id FROM transitions WHERE after = 'paid' AND payment_id IS NULL
        GROUP BY order_id HAVING count(*) > 1""",
    "S1: stock isn't what was there less what was ordered": f"""
        SELECT products.id FROM products LEFT JOIN (
            SELECT product_id, sum(quantity) AS taken FROM line_items
            JOIN orders ON orders.id = order_id WHERE orders.status <> 'cancelled'
            GROUP BY product_id) AS held ON held.product_id = products.id
        WHERE stock + coalesce(taken, 0) <> {STOCK}""",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Books:
    """What was counted; `complaints` is what doesn't add up."""

    events: int
    acknowledged: int
    applied: int
    paid: int
    lost: int
    complaints: list[str]

    def __str__(self) -> str:
        """Tell the numbers in one line."""
        return (
            f"events sent {self.events}, acknowledged {self.acknowledged}, "
            f"applied {self.applied}, orders paid {self.paid}, lost = {self.lost}"
        )


def close_books(town: Town, buyers: Iterable[Buyer] = ()) -> Books:
    """Wait until everything was delivered, work and reconcile once, and compare."""
    deliveries = _all_delivered(town)
    town.work()
    events = {each["event"] for each in deliveries}
    acknowledged = {each["event"] for each in deliveries if _is_acknowledged(each)}
    inbox = dict(_ask(town, "SELECT id, outcome FROM stripe_events"))
    orders = dict(_ask(town, "SELECT id, status FROM orders"))
    promised = set().union(*(each.promised for each in buyers))
    paid = set().union(*(each.paid for each in buyers))
    lost = [
        *(f"E2: acknowledged, and not in the inbox: {each}" for each in acknowledged - set(inbox)),
        *(f"a shopper was told of an order that isn't there: {each}"
          for each in promised - set(orders)),
        *(f"M2: paid at Stripe, and not here: {each}"
          for each in paid if orders.get(each) != "paid"),
    ]  # fmt: skip
    return Books(
        events=len(events),
        acknowledged=len(acknowledged),
        applied=sum(outcome == "applied" for outcome in inbox.values()),
        paid=sum(status == "paid" for status in orders.values()),
        lost=len(lost),
        complaints=[*lost, *_broken(town), *_money(town)],
    )


def _broken(town: Town) -> Iterator[str]:
    for rule, query in NEVER.items():
        if rows := _ask(town, query):
            yield f"{rule}: {', '.join(str(row[0]) for row in rows)}"


def _money(town: Town) -> Iterator[str]:
    """M2: what Stripe took for each PaymentIntent is what our payments received."""
    at_stripe = {each["id"]: each["amount_received"] for each in _intents(town)}
    here = dict(_ask(town, "SELECT payment_intent_id, amount_received FROM payments"))
    for intent_id, amount in at_stripe.items():
        if here.get(intent_id, 0) != amount:  # whose creation got no answer is unknown, and unpaid
            yield f"M2: Stripe took {amount} for {intent_id}, and here it is {here.get(intent_id)}."


def _intents(town: Town) -> Iterator[dict[str, Any]]:
    session = direct({"Authorization": f"Bearer {town.shop.environment['STRIPE_SECRET_KEY']}"})
    query: dict[str, str | int] = {"limit": 100}
    while True:
        page = session.get(f"{town.shop.sandbox_url}/v1/payment_intents", params=query).json()
        yield from page["data"]
        if not page["has_more"]:
            return
        query["starting_after"] = page["data"][-1]["id"]


def _all_delivered(town: Town) -> list[dict[str, Any]]:
    """Make what waits for its next attempt now, until nothing waits."""
    session, base = direct({}), f"{town.shop.sandbox_url}/_sandbox/deliveries"
    latest = time.monotonic() + PATIENCE
    while True:
        found: list[dict[str, Any]] = session.get(base).json()["deliveries"]
        waiting = [each for each in found if each["state"] in {"pending", "sending"}]
        if not waiting:
            return found
        assert time.monotonic() < latest, f"{len(waiting)} deliveries never arrive."
        for each in waiting:
            session.post(f"{base}/{each['id']}/release")
        time.sleep(0.2)


def _is_acknowledged(delivery: dict[str, Any]) -> bool:
    return any(attempt["status"] == HTTPStatus.OK for attempt in delivery["attempts"])


def _ask(town: Town, query: str) -> list[tuple[Any, ...]]:
    with town.app.app_context(), reading() as session:
        return [tuple(row) for row in session.execute(text(query))]
