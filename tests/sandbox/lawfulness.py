"""What Stripe allows: where each status may lead, and what an account's money adds up to."""

from typing import Any

from tests.sandbox.conftest import World

PAYABLE = {"requires_payment_method", "requires_confirmation", "requires_action"}
LEGAL = {
    "payment_intent": {
        "requires_payment_method": {"requires_confirmation", "canceled"},
        "requires_confirmation": {"canceled"},
        "requires_action": {"requires_confirmation", "canceled"},
        "processing": {"succeeded", "requires_payment_method"},
        "requires_capture": {"succeeded", "canceled"},
        "succeeded": set(),
        "canceled": set(),
    },
    "charge": {"pending": {"succeeded", "failed"}, "succeeded": set(), "failed": set()},
    "refund": {
        "pending": {"succeeded", "requires_action", "failed"},
        "requires_action": {"canceled", "failed"},
        "succeeded": {"failed"},
        "failed": set(),
        "canceled": set(),
    },
    "dispute": {
        "warning_needs_response": {"warning_under_review", "warning_closed", "needs_response"},
        "warning_under_review": {"warning_closed", "needs_response"},
        "warning_closed": set(),
        "needs_response": {"under_review", "won", "lost"},
        "under_review": {"won", "lost"},
        "won": set(),
        "lost": set(),
    },
    "checkout.session": {"open": {"complete", "expired"}, "complete": set(), "expired": set()},
}
"""Where each status may lead next, as Stripe documents it."""
for status in PAYABLE:
    LEGAL["payment_intent"][status] |= PAYABLE | {"processing", "requires_capture", "succeeded"}


def illegal_moves(world: "Watched") -> list[str]:
    """Return every transition that the kept objects have made and were not allowed to make."""
    return [
        f"{kind}: {before} → {after}"
        for kind, before, after in world.moves
        if before != after and after not in LEGAL[kind][before]
    ]


class Watched(World):
    """A world that notes every change of a status."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.moves: list[tuple[str, str, str]] = []
        put = self.sandbox.put

        def noting(row: dict[str, Any]) -> dict[str, Any]:
            known = self.sandbox.find(row["object"], row["id"])
            if known and row["object"] in LEGAL:
                self.moves.append((row["object"], known["status"], row["status"]))
            return put(row)

        self.sandbox.put = noting  # type: ignore[method-assign]


def about(world: World, kind: str, charge: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in world.sandbox.newest_first(kind) if row["charge"] == charge["id"]]


def booked(world: World, charge: dict[str, Any]) -> int:
    """Return what the balance transactions of a charge, its refunds and its disputes come to."""
    sources = {charge["id"]}
    sources |= {row["id"] for kind in ("refund", "dispute") for row in about(world, kind, charge)}
    rows = world.sandbox.newest_first("balance_transaction")
    return sum(row["amount"] for row in rows if row["source"] in sources)


def owned(world: World, charge: dict[str, Any]) -> int:
    """Return captured − refunded − disputed, out of the objects themselves."""
    if charge["status"] != "succeeded":
        return 0
    given = about(world, "refund", charge)
    refunded = sum(row["amount"] for row in given if row["status"] not in {"failed", "canceled"})
    taken = [row for row in about(world, "dispute", charge) if row["status"] != "won"]
    disputed = sum(row["amount"] for row in taken if not row["status"].startswith("warning_"))
    assert refunded == charge["amount_refunded"]
    return int(charge["amount_captured"] - refunded - disputed)
