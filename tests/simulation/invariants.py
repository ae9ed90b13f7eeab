"""What must hold after every commit, asked of the database itself and not of the shop's code.

Each rule of SAFETY is a query that finds what breaks it; the others need a memory of what was, or
the sandbox's ledger beside it. The ids are those of the list of invariants.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from storefront.lifecycle import Evidence, Verdict
from stripe_sandbox.sandbox import Sandbox

PAID = "('paid', 'partially_refunded', 'refunded')"
# The states from which there is no way back, and where to one may go from them.
PAYMENT_ENDS = "before = 'succeeded'"
ORDER_ENDS = f"before IN {PAID} AND after NOT IN {PAID}"

GONE_BACK = """
    SELECT coalesce(sum(amount), 0) FROM refunds WHERE payment_id = payments.id
    AND stripe_refund_id IS NOT NULL AND status NOT IN ('failed', 'canceled')"""

SAFETY = {
    "M1: an order is paid without a payment of exactly its amount": f"""
        SELECT orders.id FROM orders LEFT JOIN payments ON payments.id = settled_by
        WHERE orders.status IN {PAID} AND (payments.status IS NOT 'succeeded'
            OR amount_received IS NOT amount_total OR payments.currency IS NOT orders.currency)""",
    "M3: more was refunded than received, or another sum than that of the refunds": f"""
        SELECT id FROM payments WHERE status = 'succeeded' AND (
            amount_refunded NOT BETWEEN 0 AND amount_received
            OR amount_refunded <> min(amount_received, ({GONE_BACK})))
        UNION SELECT id FROM payments
        WHERE status <> 'succeeded' AND amount_refunded <> ({GONE_BACK})""",
    "M5: an amount isn't a whole number, or isn't the sum of its lines": """
        SELECT orders.id FROM orders JOIN line_items ON order_id = orders.id GROUP BY orders.id
        HAVING typeof(amount_total) <> 'integer' OR sum(amount) IS NOT amount_total
        UNION SELECT payments.id FROM payments JOIN orders ON orders.id = order_id
        WHERE typeof(amount_received) <> 'integer' OR amount IS NOT amount_total
            OR payments.currency IS NOT orders.currency""",
    "M6: two attempts of an order are live": """
        SELECT order_id FROM payments WHERE is_live GROUP BY order_id HAVING count(*) > 1""",
    "E1: an event was applied twice, or without its row in the inbox": """
        SELECT cause FROM transitions LEFT JOIN stripe_events ON stripe_events.id = cause
        WHERE cause LIKE 'evt_%' GROUP BY cause, transitions.payment_id
        HAVING count(*) > 1 OR max(stripe_events.outcome) IS NOT 'applied'""",
    "E3: what isn't ours changed something": """
        SELECT cause FROM transitions JOIN stripe_events ON stripe_events.id = cause
        WHERE outcome IN ('foreign', 'mode_mismatch', 'ignored', 'mismatch')""",
    "E5: something left a state that nothing leaves": f"""
        SELECT order_id FROM transitions WHERE {PAYMENT_ENDS}
        UNION SELECT order_id FROM transitions WHERE payment_id IS NULL AND {ORDER_ENDS}""",
    "E5: the history doesn't lead to where an order or payment stands": """
        SELECT orders.id FROM orders WHERE status IS NOT (SELECT after FROM transitions
            WHERE order_id = orders.id AND payment_id IS NULL ORDER BY id DESC LIMIT 1)
        UNION SELECT payments.id FROM payments WHERE status IS NOT (SELECT after FROM transitions
            WHERE payment_id = payments.id ORDER BY id DESC LIMIT 1)""",
    "S1: stock is negative": "SELECT slug FROM products WHERE stock < 0",
    "S3: an ordered cart isn't what was ordered": """
        SELECT orders.id FROM orders JOIN carts ON carts.id = cart_id
        WHERE carts.status <> 'ordered'
            OR (SELECT group_concat(product_id || ' ' || quantity, ',' ORDER BY product_id)
                FROM line_items WHERE order_id = orders.id)
            IS NOT (SELECT group_concat(product_id || ' ' || quantity, ',' ORDER BY product_id)
                FROM cart_items WHERE cart_items.cart_id = carts.id)""",
}
STOCK = """
    SELECT product_id, sum(quantity) FROM (
        SELECT id AS product_id, stock AS quantity FROM products
        UNION ALL SELECT product_id, quantity FROM line_items JOIN orders ON orders.id = order_id
        WHERE orders.status <> 'cancelled')
    GROUP BY product_id ORDER BY product_id"""
SNAPSHOTS = "SELECT id, amount_total, currency FROM orders"
EVIDENCE = """
    SELECT id, evidence, evidence_created, last_event_id, evidence_is_reread FROM payments"""
SETTLED = f"""
    SELECT orders.id, payment_intent_id, amount_total, orders.currency
    FROM orders JOIN payments ON payments.id = settled_by WHERE orders.status IN {PAID}"""
INBOX = "SELECT id FROM stripe_events"


class Broken(BaseException):
    """Something doesn't hold that must. Nobody on the way up may take it for a failure of theirs.

    The sandbox and the shop both catch every Exception, as programs that go on do.
    """


class Watch:
    """Looks into the books after every commit, over a connection of its own."""

    def __init__(self, books: Any, sandbox: Sandbox) -> None:
        self._books = books
        self._sandbox = sandbox
        self.begin()

    def begin(self) -> None:
        """Remember how much of everything there is; forget the rest."""
        self._seen_version = None
        self._snapshots: dict[str, tuple[Any, ...]] = {}
        self._weights: dict[str, Any] = {}
        self._stock = self.ask(STOCK)

    def close(self) -> None:
        """Look no further."""
        self._books.close()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        found: list[tuple[Any, ...]] = self._books.execute(query).fetchall()
        return found

    def broken(self, forged: set[str]) -> str | None:
        """Return what doesn't hold, in words; None while all is well."""
        version = self.ask("PRAGMA data_version")
        if version == self._seen_version:
            return None
        self._seen_version = version
        for rule, query in SAFETY.items():
            if rows := self.ask(query):
                return f"{rule}: {', '.join(str(row[0]) for row in rows)}"
        return (
            self._changed_snapshot()
            or self._weaker_evidence()
            or self._lost_stock()
            or self._unpaid_at_stripe()
            or self._believed(forged)
        )

    def attentions(self) -> Counter[str]:
        """Count the reasons for which somebody is asked to look."""
        return Counter(f"attention {row[0]}" for row in self.ask("SELECT reason FROM attentions"))

    def ends(self) -> tuple[str, ...]:
        """Return where the orders stand."""
        return tuple(row[0] for row in self.ask("SELECT status FROM orders ORDER BY rowid"))

    def _changed_snapshot(self) -> str | None:
        """M5: what was agreed on at ordering never changes."""
        for row in self.ask(SNAPSHOTS):
            if self._snapshots.setdefault(row[0], row) != row:
                return f"M5: the order's amount has changed: {row[0]}"
        return None

    def _weaker_evidence(self) -> str | None:
        """E5: the evidence of a payment never decreases."""
        for id_, word, created, event_id, is_reread in self.ask(EVIDENCE):
            weight = Evidence(Verdict[word.upper()], created, event_id, bool(is_reread)).weight
            if weight < self._weights.get(id_, weight):
                return f"E5: the evidence has become weaker: {id_}"
            self._weights[id_] = weight
        return None

    def _lost_stock(self) -> str | None:
        """S1: on hand + held + sold is what there was."""
        now = self.ask(STOCK)
        return None if now == self._stock else f"S1: stock was {self._stock} and is {now}"

    def _unpaid_at_stripe(self) -> str | None:
        """M1, at Stripe: what settles an order was captured there, in its amount and currency."""
        for order_id, intent_id, *due in self.ask(SETTLED):
            intent = self._sandbox.find("payment_intent", intent_id)
            if intent is None or [intent["amount_received"], intent["currency"]] != due:
                return f"M1: the order is paid, and Stripe doesn't have the money: {order_id}"
        return None

    def _believed(self, forged: set[str]) -> str | None:
        """E3: nothing unsigned gets into the inbox."""
        believed = forged & {row[0] for row in self.ask(INBOX)} if forged else None
        return f"E3: a forged event was believed: {sorted(believed)}" if believed else None
