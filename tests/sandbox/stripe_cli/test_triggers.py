"""`stripe trigger`: each of these exits 0, and every event of it is forwarded, signed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.sandbox.stripe_cli.cli import Listening, StripeCli, stripe_cli, verified

AT_ONCE = 5

CREATED = ["payment_intent.created"]
PAID = [*CREATED, "charge.succeeded", "payment_intent.succeeded"]
FAILED = [*CREATED, "charge.failed", "payment_intent.payment_failed"]
AUTHORISED = [*CREATED, "charge.succeeded", "payment_intent.amount_capturable_updated"]
PROCESSING = [*CREATED, "charge.pending", "payment_intent.processing"]
REFUND_UPDATED = ["refund.updated", "charge.refund.updated"]
REFUNDED = [*PAID, "refund.created", "charge.refunded", *REFUND_UPDATED]
DISPUTED = [*PAID, "charge.dispute.created"]
PRICED = ["product.created", "price.created"]
UNPAID_YET = [*PRICED, *PROCESSING, "checkout.session.completed"]
ATTACHED = ["customer.created", "payment_method.attached"]

TRIGGERS = {
    "payment_intent.created": CREATED,
    "payment_intent.succeeded": PAID,
    "payment_intent.payment_failed": FAILED,
    "payment_intent.requires_action": [*CREATED, "payment_intent.requires_action"],
    "payment_intent.processing": PROCESSING,
    "payment_intent.amount_capturable_updated": AUTHORISED,
    "payment_intent.canceled": [*CREATED, "payment_intent.canceled"],
    "charge.succeeded": PAID,
    "charge.failed": FAILED,
    "charge.captured": [*AUTHORISED, "charge.captured", "payment_intent.succeeded"],
    "charge.refunded": REFUNDED,
    "charge.refund.updated": [*REFUNDED, *REFUND_UPDATED],
    "charge.dispute.created": DISPUTED,
    "charge.dispute.updated": [*DISPUTED, "charge.dispute.updated"],
    "charge.dispute.closed": [*DISPUTED, "charge.dispute.closed"],
    "checkout.session.completed": [*PRICED, *PAID, "checkout.session.completed"],
    "checkout.session.async_payment_succeeded": [
        *(*UNPAID_YET, "charge.succeeded", "payment_intent.succeeded"),
        "checkout.session.async_payment_succeeded",
    ],
    "checkout.session.async_payment_failed": [
        *(*UNPAID_YET, "charge.failed", "payment_intent.payment_failed"),
        "checkout.session.async_payment_failed",
    ],
    "checkout.session.expired": [*PRICED, "checkout.session.expired"],
    "customer.created": ["customer.created"],
    "customer.updated": ["customer.created", "customer.updated"],
    "customer.deleted": ["customer.created", "customer.deleted"],
    "product.created": ["product.created"],
    "product.updated": ["product.created", "product.updated"],
    "product.deleted": ["product.created", "product.deleted"],
    "price.created": PRICED,
    "price.updated": [*PRICED, "price.updated"],
    "payment_method.attached": ATTACHED,
    "payment_method.detached": [*ATTACHED, "payment_method.detached"],
}


def test_every_trigger_succeeds_and_all_its_events_arrive_signed() -> None:
    names = list(TRIGGERS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = pool.map(triggered, (names[lane::AT_ONCE] for lane in range(AT_ONCE)))
        seen = {name: what for part in parts for name, what in part.items()}

    assert seen == {name: (0, kinds, sorted(kinds)) for name, kinds in TRIGGERS.items()}


def test_a_trigger_of_what_the_sandbox_lacks_fails_and_says_so() -> None:
    with stripe_cli() as cli:
        done = cli.run("trigger", "setup_intent.created")

    assert done.returncode == 1
    assert "Stripe has this endpoint, the sandbox does not" in done.stdout


def triggered(names: Sequence[str]) -> dict[str, tuple[int, list[str], list[str]]]:
    """Trigger one after the other in a sandbox of their own."""
    with (
        stripe_cli(settle_after=0.1) as cli,
        cli.listening("--all-snapshot", "--forward-to", cli.receiver.url) as listening,
    ):
        return {name: outcome(cli, listening, name) for name in names}


def outcome(cli: StripeCli, listening: Listening, name: str) -> tuple[int, list[str], list[str]]:
    """Return the exit code, what happened in order, and what was forwarded in whatever order."""
    cli.sandbox.reset()
    cli.receiver.requests.clear()
    code = cli.run("trigger", name).returncode
    cli.receiver.wait_for(len(TRIGGERS[name]))
    events = reversed(list(cli.sandbox.newest_first("event")))
    return (
        code,
        [event["type"] for event in events],
        sorted(verified(cli.receiver, listening.secret)),
    )
