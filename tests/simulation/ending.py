"""A fair end: everything that was only late happens at last. Then what must hold eventually."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stripe_sandbox.resources.payment_intents import CONFIRMABLE
from stripe_sandbox.timing import let_happen
from tests.simulation import shopkeeper
from tests.simulation.ledger import captured, taken
from tests.simulation.stripe_side import deliver, waiting_deliveries

if TYPE_CHECKING:
    from tests.simulation.world import World

# Enough for an order to expire, for a bank debit to settle, and for every call to be tried again.
WAITS = (2 * 3600, 4 * 24 * 3600, 2 * 3600, 2 * 3600)
OPEN = """
    SELECT id FROM orders WHERE status IN ('pending', 'processing')
    UNION ALL SELECT payment_id FROM outbox WHERE done_at IS NULL"""
# What a person has to settle with the shopper; everything else has to add up by itself.
LEFT_TO_A_PERSON = "('amount_mismatch', 'currency_mismatch', 'mismatch', 'refund_failed')"
EVENTUALLY = {
    "S2: an order waits for ever, and holds its stock": """
        SELECT id FROM orders WHERE status = 'pending'""",
    "I4: an attempt is neither dead nor done": "SELECT id FROM payments WHERE is_live",
    "L2: an order is processing for ever, and nobody was asked to look at it": """
        SELECT id FROM orders WHERE status = 'processing' AND NOT EXISTS (
            SELECT 1 FROM attentions WHERE order_id = orders.id)""",
    "I3: a call to Stripe was decided on and never made": """
        SELECT id FROM outbox WHERE done_at IS NULL""",
}

LEFT = f"""
    SELECT token FROM orders JOIN attentions ON order_id = orders.id
    WHERE reason IN {LEFT_TO_A_PERSON}"""
PAYMENTS = """
    SELECT id, order_id, coalesce(checkout_session_id, payment_intent_id), amount_received,
        amount_refunded FROM payments"""
ORDERS = f"""
    SELECT id, amount_total, status, EXISTS (SELECT 1 FROM attentions
        WHERE order_id = orders.id AND reason IN {LEFT_TO_A_PERSON}) FROM orders"""


def end_fairly(world: World) -> None:
    """Let nothing fail any more, deliver what waits, and let time pass until all is quiet."""
    world.schedule.hazards.calm_down()
    world.sandbox.faults.clear()
    _deliver_everything(world)
    for seconds in WAITS:
        if _is_quiet(world):
            break
        world.wait(seconds)
        _let_everything_happen(world)
    if world.schedule.seen["lost"]:
        world.wait(WAITS[-1])
        shopkeeper.compare_with_stripe(world)
        _let_everything_happen(world)


def _let_everything_happen(world: World) -> None:
    let_happen(world.sandbox)
    _deliver_everything(world)
    shopkeeper.work(world)
    _deliver_everything(world)


def _is_quiet(world: World) -> bool:
    return not (world.watch.ask(OPEN) or world.sandbox.state.scheduled)


def unfinished(world: World) -> Iterator[str]:
    """Yield a sentence for everything that must hold by now and doesn't."""
    for rule, query in EVENTUALLY.items():
        if rows := world.watch.ask(query):
            yield f"{rule}: {', '.join(str(row[0]) for row in rows)}"
    inbox = {row[0] for row in world.watch.ask("SELECT id FROM stripe_events")}
    if lost := world.schedule.acknowledged.keys() - inbox:
        yield f"E2: acknowledged and lost: {sorted(lost)}"
    if ways := [*_payable(world)]:
        yield f"I1: can still be paid at Stripe, and for nothing: {', '.join(ways)}"
    yield from _books_against_stripe(world)


def _payable(world: World) -> Iterator[str]:
    """Yield what a shopper could still pay; by now every order is paid or over."""
    for session in world.at_stripe("checkout.session"):
        if session["status"] == "open":
            yield session["id"]
    for intent in world.at_stripe("payment_intent"):
        is_of_session = "session" in world.sandbox.note(intent["id"])
        if intent["status"] in CONFIRMABLE and not is_of_session:
            yield intent["id"]


def _books_against_stripe(world: World) -> Iterator[str]:
    """M2 and M4: the books say what Stripe captured; what it kept is nothing, or the total."""
    gross, net = captured(world.sandbox), taken(world.sandbox)
    kept: Counter[str] = Counter()
    for payment_id, order_id, way, received, refunded in world.watch.ask(PAYMENTS):
        kept[order_id] += net[way]
        books, stripe = (received, received - refunded), (gross.pop(way, 0), net[way])
        if books != stripe:
            yield f"M2: payment {payment_id} has {books}, and Stripe took and kept {stripe}."
    if gross:
        yield f"M2: Stripe took {gross} for no payment."
    for order_id, total, status, is_left in world.watch.ask(ORDERS):
        if not is_left and not is_fitting(status, kept[order_id], total):
            yield f"M4: Stripe has {kept[order_id]} for order {order_id} ({status}) of {total}."


def is_fitting(status: str, kept: int, total: int) -> bool:
    """Say whether this much may stay at Stripe for an order that stands so."""
    if status == "partially_refunded":
        return 0 < kept < total
    return kept == (total if status == "paid" else 0)


def _deliver_everything(world: World) -> None:
    for delivery_id in waiting_deliveries(world):
        deliver(world, delivery_id)
