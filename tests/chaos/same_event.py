"""The same event to eight processes at the same moment, again and again."""

from __future__ import annotations

from collections import Counter

from storefront.models import StripeEvent, Transition
from tests.chaos.books import Books
from tests.chaos.calamities import Tale
from tests.conftest import seeded
from tests.shop import Shop
from tests.webhooks.telling import paid
from tests.webhooks.test_at_once import Delivered, N, by_processes


def deliver_to_all(database_url: str, *, rounds: int) -> Tale:
    """Pay so many orders, each by one event that eight processes get at once (WH-02)."""
    seeded(database_url)
    answers: list[Delivered] = []
    with Shop(database_url, log_level="WARNING") as shop:
        for _ in range(rounds):
            paid(shop)
            event = shop.events("payment_intent.succeeded")[-1]
            answers += by_processes(shop, [event] * N)
        outcomes = Counter(each.outcome for each in answers)
        transitions = shop.all(
            Transition, Transition.after == "paid", Transition.payment_id.is_(None)
        )
        books = Books(
            events=rounds * N,
            acknowledged=sum(each.status == 200 for each in answers),
            applied=outcomes["applied"],
            paid=len(transitions),
            lost=rounds - len(shop.all(StripeEvent)),
            complaints=[],
        )
    if (books.acknowledged, outcomes) != (
        rounds * N,
        {"applied": rounds, "duplicate": rounds * (N - 1)},
    ):
        books.complaints.append(f"WH-02: {outcomes}, {books.acknowledged} acknowledged.")
    if books.paid != rounds:
        books.complaints.append(f"WH-02: {books.paid} transitions for {rounds} orders.")
    slowest = max(each.seconds for each in answers)
    return Tale(books, {"rounds": rounds, "processes": N, "slowest": f"{slowest * 1000:.0f} ms"})
