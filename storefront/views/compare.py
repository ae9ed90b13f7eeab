"""Both flows on two identical orders, side by side: to be paid, watched and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront import both_flows, checkout
from storefront.attempts import OrderNotPayable
from storefront.catalog import OutOfStock
from storefront.checkout import CheckoutRefused
from storefront.config import TIME_BUDGET, settings
from storefront.gateway_errors import GatewayError
from storefront.lifecycle import Flow, OrderStatus, is_payable
from storefront.models import Order
from storefront.timings import Part, timings_of
from storefront.views.cards import offered_cards
from storefront.views.languages import language, spoken
from storefront.views.limits import begins_payment
from storefront.views.orders import ORDER_NEWS, payment_form_of
from storefront.views.own_source import KINDS, TITLES, lines_of, sources_behind, sources_of
from storefront.views.status import StatusView, tag_of_newest, view_of_status
from storefront.views.timing_words import PARTS, told
from storefront.views.trace import TraceView, is_recent, view_of_trace
from storefront.views.visitor import known_visitor, visitor

bp = Blueprint("compare", __name__)

# So many seconds a page waits for what Stripe is asked for: a little longer than that may take.
LONGEST_WAIT = TIME_BUDGET + 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """One flow: its order as it stands, its story, and how long its parts took, where known."""

    flow: Flow
    order: Order
    status: StatusView
    trace: TraceView
    times: Mapping[Part, str]
    asks: bool


@bp.get("/compare")
def show() -> str:
    """Show both flows, with the visitor's two orders once they were placed."""
    columns = _columns()
    return render_template(
        "compare/compare.html",
        columns=columns,
        longest_wait=LONGEST_WAIT,
        test_cards=offered_cards(),
        can_begin=not settings().is_live,
        steps={number: {flow: sources_of(number, flow) for flow in Flow} for number in KINDS},
        titles=TITLES,
        **_what_differs(columns),
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


@bp.get("/compare/card-form")
def card_form() -> str:
    """Show the card form, for which Stripe is asked; or say why it isn't there.

    A fragment of its own, so that the page never waits for Stripe.
    """
    order, payment_form, is_away = _order_of(Flow.PAYMENT_INTENT), None, False
    can_pay = is_payable(OrderStatus(order.status))
    if can_pay:
        try:
            intent = checkout.resume_payment_intent(order.id)
            payment_form = payment_form_of(order, intent) if intent else None
        except GatewayError:
            is_away = True
    return render_template(
        "compare/_card_form.html",
        order=order,
        can_pay=can_pay,
        payment_form=payment_form,
        is_away=is_away,
    )


@bp.get("/compare/<flow>")
def column(flow: str) -> Response:
    """Show one column's moving part, and say that there is news.

    It asks with the tag of its order's status, and as long as that is true the answer is 304,
    after one read; what happened since it was `seen` lights up.
    """
    if flow not in set(Flow):
        abort(404)
    seen = request.args.get("seen", "")
    if is_recent(seen) and request.if_none_match.contains(_newest_tag(Flow(flow))):
        return Response(status=304)
    found = _column(Flow(flow), seen)
    if found is None:
        abort(404)
    page = render_template("compare/_live.html", column=found)
    response = Response(page, mimetype="text/html", headers={"HX-Trigger": ORDER_NEWS})
    response.set_etag(found.status.tag)
    return response


@bp.get("/compare/differences")
def differences() -> str:
    """Show what differs, with the times that were measured by now; columns with news ask for it."""
    return render_template("compare/_differences.html", **_what_differs(_columns()))


def _what_differs(columns: list[ColumnView]) -> dict[str, Any]:
    return {
        "lines": {flow: lines_of(flow) for flow in Flow},
        "parts": PARTS,
        "times": {column.flow: column.times for column in columns},
        "asks": any(column.asks for column in columns),
    }


def _newest_tag(flow: Flow) -> str:
    who = visitor()
    return (tag_of_newest(both_flows.owner_of(who, flow)) if who else None) or ""


def _columns() -> list[ColumnView]:
    """Return both columns; none before the visitor has begun."""
    return [column for column in (_column(flow) for flow in Flow) if column]


def _order_of(flow: Flow) -> Order:
    order = both_flows.latest(visitor(), flow)
    if order is None:
        abort(404)
    return order


def _column(flow: Flow, seen: str = "") -> ColumnView | None:
    order = both_flows.latest(visitor(), flow)
    if order is None:
        return None
    status, trace = view_of_status(order), view_of_trace(order, seen, flow)
    timings = timings_of(order, [view.step for view in trace.steps])
    return ColumnView(
        flow=flow,
        order=order,
        status=status,
        trace=replace(
            trace,
            steps=[replace(view, sources=sources_behind(view.step)) for view in trace.steps],
            hears_of_news=False,
            asks_itself=False,
        ),
        times={part: told(timings.get(part)) for part in Part},
        asks=trace.hears_of_news or trace.asks_itself,
    )
