"""Both flows on two identical orders, side by side: to be paid, watched and read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront import both_flows, checkout
from storefront.attempts import OrderNotPayable
from storefront.catalog import OutOfStock
from storefront.checkout import CheckoutRefused
from storefront.config import settings
from storefront.gateway_errors import GatewayError
from storefront.lifecycle import Flow
from storefront.models import Order
from storefront.views.cards import offered_cards
from storefront.views.languages import language, spoken
from storefront.views.limits import begins_payment
from storefront.views.orders import payment_form_of
from storefront.views.own_source import STEPS, TITLES, lines_of, sources_of
from storefront.views.status import StatusView, view_of_status
from storefront.views.trace import TraceView, view_of_trace
from storefront.views.trace_words import distance
from storefront.views.visitor import known_visitor, visitor

bp = Blueprint("compare", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """One flow: its order as it stands, its story, and how long it took, where that is known."""

    flow: Flow
    order: Order
    status: StatusView
    trace: TraceView
    ready_after: str
    paid_after: str
    asks: bool


@bp.get("/compare")
def show() -> str:
    """Show both flows, with the visitor's two orders once they were placed."""
    columns = [_column(flow) for flow in Flow]
    return render_template(
        "compare/compare.html",
        columns=[column for column in columns if column],
        payment_form=_payment_form(columns[0]),
        test_cards=offered_cards(),
        can_begin=not settings().is_live,
        steps={number: {flow: sources_of(number, flow) for flow in Flow} for number in STEPS},
        titles=TITLES,
        lines={flow: lines_of(flow) for flow in Flow},
    )


@bp.post("/compare")
@begins_payment
def begin() -> Response:
    """Place both orders, or find those that wait. Not with real money."""
    if settings().is_live:
        abort(404)
    try:
        both_flows.begin(known_visitor(), language())
    except (CheckoutRefused, OutOfStock) as error:
        flash(spoken(error.args[0]))
    except (OrderNotPayable, GatewayError):
        flash(_("Stripe can’t be reached just now. Nothing was charged; try again in a moment."))
    return redirect(url_for("compare.show"), code=303)


@bp.get("/compare/<flow>")
def column(flow: str) -> Response | str:
    """Show one column's moving part; nothing when that was `seen`."""
    if flow not in set(Flow):
        abort(404)
    found = _column(Flow(flow), request.args.get("seen", ""))
    if found is None:
        abort(404)
    if request.args.get("seen", "").partition("-")[0] == str(found.order.version) and found.asks:
        return Response(status=204)
    return render_template("compare/_live.html", column=found)


def _column(flow: Flow, seen: str = "") -> ColumnView | None:
    order = both_flows.latest(visitor(), flow)
    if order is None:
        return None
    status, trace = view_of_status(order), view_of_trace(order, seen)
    ready, paid = _moments(trace)
    return ColumnView(
        flow=flow,
        order=order,
        status=status,
        trace=replace(trace, hears_of_news=False, asks_itself=False),
        ready_after=distance(ready - order.created_at) if ready else "",
        paid_after=distance(paid - ready) if ready and paid else "",
        asks=trace.hears_of_news or trace.asks_itself,
    )


def _moments(trace: TraceView) -> tuple[datetime | None, datetime | None]:
    """Return when the order could first be paid, and when this shop knew that it was."""
    steps = [view.step for view in trace.steps if view.step.is_done]
    ready = next((step.at for step in steps if step.kind == "started"), None)
    knew = [step.at for step in steps if any(move.after == "paid" for move in step.moves)]
    return ready, next(iter(knew), None)


def _payment_form(column: ColumnView | None) -> dict[str, str | None] | None:
    """Return what mounts the card form; None when there is nothing to pay by it just now."""
    if column is None or not column.status.can_pay:
        return None
    try:
        intent = checkout.resume_payment_intent(column.order.id)
    except GatewayError:
        return None
    return payment_form_of(column.order, intent) if intent else None
