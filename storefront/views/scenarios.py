"""The panel "Make it interesting" of an order: it drives the sandbox, and is there with no other.

Where the shop talks to Stripe, the blueprint isn't registered and no page shows the panel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from storefront import arming, clock
from storefront.arming import Armed
from storefront.attempts import OrderNotPayable
from storefront.both_flows import is_compared
from storefront.controls import Controls, SandboxAway, SandboxRefused, controls
from storefront.gateway_errors import GatewayError
from storefront.lifecycle import OrderStatus, is_payable
from storefront.models import Order
from storefront.scenarios import PAY_BOTH, SCENARIOS, Scenario
from storefront.views.languages import spoken
from storefront.views.visitor import own_order_or_404

bp = Blueprint("scenarios", __name__)

DISARM = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """An order's panel: what may be chosen, and what is armed; `is_away`: nobody can say.

    `page` is where it is shown, another address each time: a browser that shall only go to an
    anchor of the page where it is doesn't load it again.
    """

    choices: Mapping[str, Scenario]
    armed: Armed | None
    can_pay: bool
    hears_of_news: bool
    page: str
    is_away: bool = False
    poll_seconds: int = 3

    @property
    def is_shown(self) -> bool:
        """False for an order that is decided and had nothing armed."""
        return self.can_pay or self.armed is not None

    @property
    def asks_itself(self) -> bool:
        """True while something can change of which the order's status has no news."""
        armed = self.armed
        return self.is_away or (armed is not None and (self.can_pay or armed.is_to_come))


def init_scenarios(app: Flask) -> None:
    """Offer the panel to the templates, and its addresses, if the shop talks to the sandbox."""
    is_there = app.extensions["controls"] is not None
    app.context_processor(lambda: {"panel_of": panel_of if is_there else lambda _order: None})
    if is_there:
        app.register_blueprint(bp)


def panel_of(order: Order) -> PanelView:
    """Return the panel of an order, which may have nothing to show (any more)."""
    can_pay, armed, is_away = is_payable(OrderStatus(order.status)), None, False
    try:
        armed = arming.armed(_controls(), order.id)
    except (SandboxAway, SandboxRefused):
        is_away = True
    return PanelView(
        choices=SCENARIOS if can_pay and not is_away else {},
        armed=armed,
        can_pay=can_pay,
        hears_of_news=can_pay or armed is not None or order.status == OrderStatus.PROCESSING,
        page=_page_of(order, again=int(clock.now().timestamp())),
        is_away=is_away,
    )


@bp.get("/orders/<token>/scenarios")
def show(token: str) -> Response | str:
    """Show the panel as it is now; nothing while nobody can say, so that what was said stays."""
    order = own_order_or_404(token)
    panel = panel_of(order)
    if panel.is_away:
        return Response(status=204)
    return render_template("scenarios/_live.html", order=order, panel=panel)


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
        _say(order, _("Both payments went through. Watch which one settles the order."))
        _say(order, spoken(SCENARIOS[name].answer))
    else:
        arming.arm(_controls(), order.id, name)


def _reconcile(order: Order) -> None:
    report = arming.reconcile_since(order)
    events = ngettext(
        "Reconciled: %(num)d event that no delivery brought.",
        "Reconciled: %(num)d events that no delivery brought.",
        report.missed.total(),
    )
    objects = ngettext(
        "%(num)d object at Stripe told something new.",
        "%(num)d objects at Stripe told something new.",
        report.objects.changed,
    )
    _say(order, events, objects, _("An event younger than a minute may still come by itself."))


def _done(order: Order, do: Callable[[], None]) -> Response:
    """Do it, and lead back to the panel; what keeps it from being done is said there."""
    try:
        do()
    except OrderNotPayable:
        _say(order, _("This order can’t be paid any more, so there is nothing to try out on it."))
    except (SandboxAway, GatewayError):
        _say(order, _("The sandbox doesn’t answer just now. Try again in a moment."))
    except SandboxRefused as refusal:
        _say(order, _("The sandbox refused: %(sentence)s", sentence=refusal))
    return redirect(_page_of(order), code=303)


def _say(order: Order, *sentences: str) -> None:
    """Keep a message for the order's panel, which shows it: the top of the page is out of sight."""
    flash(" ".join(sentences), name_of(order))


def _page_of(order: Order, *, again: int | None = None) -> str:
    """Return the address of the page that shows the order's panel, at the panel."""
    if is_compared(order):
        return url_for("compare.show", _anchor=name_of(order), again=again)
    return url_for("orders.show", token=order.token, _anchor=name_of(order), again=again)


def name_of(order: Order) -> str:
    """Return what a panel is called: its anchor, and the kind of its messages."""
    return f"scenarios-{order.number}"


def _controls() -> Controls:
    found = controls()
    if found is None:
        abort(404)
    return found
