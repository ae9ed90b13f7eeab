"""The panel "Make it interesting" of an order: it drives the sandbox, and is there with no other.

Where the shop talks to Stripe, the blueprint isn't registered and no page shows the panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Flask, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront import arming
from storefront.arming import Armed
from storefront.attempts import OrderNotPayable
from storefront.both_flows import is_compared
from storefront.controls import Controls, SandboxAway, SandboxRefused, controls
from storefront.gateway_errors import GatewayError
from storefront.lifecycle import OrderStatus, is_payable
from storefront.models import Order
from storefront.scenarios import PAY_BOTH, SCENARIOS, Scenario
from storefront.views.visitor import own_order_or_404

bp = Blueprint("scenarios", __name__)

DISARM = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """An order's panel: what may be chosen, and what is armed; `is_away`: nobody can say."""

    choices: dict[str, Scenario]
    armed: Armed | None
    can_pay: bool
    is_away: bool = False


def init_scenarios(app: Flask) -> None:
    """Offer the panel to the templates, and its addresses, if the shop talks to the sandbox."""
    is_there = app.extensions["controls"] is not None
    app.context_processor(lambda: {"panel_of": panel_of if is_there else lambda _order: None})
    if is_there:
        app.register_blueprint(bp)


def panel_of(order: Order) -> PanelView | None:
    """Return the panel of an order; None for one that is decided and had nothing armed."""
    can_pay = is_payable(OrderStatus(order.status))
    choices = dict(SCENARIOS) if can_pay else {}
    try:
        armed = arming.armed(_controls(), order.id)
    except (SandboxAway, SandboxRefused):
        return PanelView(choices={}, armed=None, can_pay=False, is_away=True) if can_pay else None
    is_shown = can_pay or armed
    return PanelView(choices=choices, armed=armed, can_pay=can_pay) if is_shown else None


@bp.post("/orders/<token>/scenario")
def choose(token: str) -> Response:
    """Arm a scenario for this order alone, disarm it, or pay both ways at once."""
    order, name = own_order_or_404(token), request.form.get("name", "")
    if name == DISARM:
        return _done(order, lambda: arming.disarm(_controls(), order.id))
    if name not in SCENARIOS:
        abort(404)
    return _done(order, lambda: _begin(order, name))


@bp.post("/orders/<token>/scenario/pay")
def pay(token: str) -> Response:
    """Have the order paid by somebody whose browser doesn't come back."""
    order = own_order_or_404(token)
    return _done(order, lambda: arming.pay_and_stay_away(_controls(), order))


@bp.post("/orders/<token>/scenario/reconcile")
def reconcile(token: str) -> Response:
    """Do what `flask reconcile` does, and say what it found."""
    order = own_order_or_404(token)
    return _done(order, lambda: _reconcile(order))


def _begin(order: Order, name: str) -> None:
    if not is_payable(OrderStatus(order.status)):
        raise OrderNotPayable(order.status)
    if name == PAY_BOTH:
        arming.pay_both(_controls(), order)
        flash(_("Both payments went through. Watch which one settles the order."))
    else:
        arming.arm(_controls(), order.id, name)


def _reconcile(order: Order) -> None:
    report = arming.reconcile_since(order)
    flash(
        _(
            "Reconciled: %(events)d events that no delivery brought, "
            "%(changed)d objects at Stripe that told something new.",
            events=report.missed.total(),
            changed=report.objects.changed,
        )
    )


def _done(order: Order, do: Callable[[], None]) -> Response:
    """Do it, and lead back to the panel; what keeps it from being done is said there."""
    try:
        do()
    except OrderNotPayable:
        flash(_("This order can’t be paid any more, so there is nothing to try out on it."))
    except (SandboxAway, GatewayError):
        flash(_("The sandbox doesn’t answer just now. Try again in a moment."))
    except SandboxRefused as refusal:
        flash(_("The sandbox refused: %(sentence)s", sentence=refusal))
    anchor = f"scenarios-{order.number}"
    if is_compared(order):
        return redirect(url_for("compare.show", _anchor=anchor), code=303)
    return redirect(url_for("orders.show", token=order.token, _anchor=anchor), code=303)


def _controls() -> Controls:
    found = controls()
    if found is None:
        abort(404)
    return found
