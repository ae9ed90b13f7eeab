"""Scenarios tried out on one order: armed at the sandbox, paid by somebody, reconciled.

A scenario is a rule about this order's id, which everything that is made for the order carries in
its metadata: no other order notices. What is armed is known to the sandbox alone. None of this
exists where the shop talks to Stripe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from storefront import attempts, calls, checkout, clock
from storefront.attempts import OrderNotPayable
from storefront.both_flows import flow_of
from storefront.controls import Controls
from storefront.evidence import Snapshot
from storefront.exchanges import Exchange
from storefront.lifecycle import Flow, OrderStatus
from storefront.models import Order
from storefront.reconcile import Report, reconcile
from storefront.scenarios import SCENARIOS, Rule, Scenario

START = {
    Flow.PAYMENT_INTENT: checkout.start_payment_intent,
    Flow.CHECKOUT_SESSION: checkout.start_checkout_session,
}
_BY_KIND = {each.rule["kind"]: name for name, each in SCENARIOS.items() if each.rule}


@dataclass(frozen=True, slots=True)
class Sent:
    """One event's way to the webhook: what each attempt was answered, and how that ended."""

    event_type: str
    is_repeat: bool
    state: str
    answers: tuple[int | None, ...]

    @property
    def is_to_come(self) -> bool:
        """True while another attempt will be made."""
        return self.state in {"pending", "held", "sending"}


@dataclass(frozen=True, slots=True)
class Armed:
    """The scenario of an order: how often it has struck, and what has been sent."""

    name: str
    times: int
    is_over: bool
    sent: tuple[Sent, ...]

    @property
    def scenario(self) -> Scenario:
        """The scenario itself."""
        return SCENARIOS[self.name]

    @property
    def is_to_come(self) -> bool:
        """True while the webhook will be sent more."""
        return any(each.is_to_come for each in self.sent)


def armed(controls: Controls, order_id: str) -> Armed | None:
    """Return what is armed for an order. Raises SandboxAway."""
    rules = [each for each in _rules_about(controls, order_id) if each["kind"] in _BY_KIND]
    if not rules:
        return None
    rule = rules[-1]
    is_over = rule["times"] is not None and rule["taken"] >= rule["times"]
    rows = controls.look("deliveries", about=order_id)["deliveries"]
    return Armed(_BY_KIND[rule["kind"]], rule["taken"], is_over, tuple(map(_sent, rows)))


def arm(controls: Controls, order_id: str, name: str) -> None:
    """Arm one scenario for an order in place of any other; raises the sandbox's errors."""
    controls.do("rules/about", about=order_id, definitions=[SCENARIOS[name].rule])


def disarm(controls: Controls, order_id: str) -> None:
    """Let everything about an order go its usual way again; raises the sandbox's errors."""
    controls.do("rules/about", about=order_id, definitions=[])


def pay_and_stay_away(controls: Controls, order: Order) -> None:
    """Have the order paid by somebody whose browser never comes back.

    Pressed twice it is paid once. Raises OrderNotPayable, the gateway's errors and the sandbox's.
    """
    live = attempts.live_payment(order.id)
    flow = Flow(live.flow) if live else flow_of(order)
    with _paid_is_done():
        _pay(controls, START[flow](order.id))


def pay_both(controls: Controls, order: Order) -> None:
    """Have the order paid by both flows: change to the other, and the first is paid all the same.

    The shop stops the first at Stripe as it always does; the sandbox pays it nevertheless. Raises
    OrderNotPayable, the gateway's errors and the sandbox's.
    """
    live = attempts.live_payment(order.id)
    first = Flow(live.flow) if live else flow_of(order)
    second = next(flow for flow in Flow if flow != first)
    with _paid_is_done():
        for snapshot in [START[first](order.id), START[second](order.id)]:
            _pay(controls, snapshot)


def reconcile_since(order: Order) -> Report:
    """Do what `flask reconcile` does, as far back as the order. Raises the gateway's errors."""
    return reconcile(within=clock.now() - order.created_at + timedelta(seconds=1))


@contextmanager
def _paid_is_done() -> Iterator[None]:
    """Take an order that somebody else's click has paid meanwhile for one that this one paid."""
    try:
        yield
    except OrderNotPayable as refusal:
        if refusal.status == OrderStatus.CANCELLED:
            raise


def _pay(controls: Controls, snapshot: Snapshot) -> None:
    """Have it paid, and keep that with the payment: the trace mustn't say that a browser did it."""
    heard: list[Exchange] = []
    try:
        controls.pay(snapshot.checkout_session_id or snapshot.payment_intent_id or "", heard.append)
    finally:
        calls.keep(snapshot.payment_id or "", heard)


def _rules_about(controls: Controls, order_id: str) -> list[Rule]:
    return [rule for rule in controls.look("rules")["rules"] if rule.get("about") == order_id]


def _sent(row: Mapping[str, Any]) -> Sent:
    answers = tuple(attempt["status"] for attempt in row["attempts"])
    return Sent(row["type"], row["is_duplicate"], row["state"], answers)
