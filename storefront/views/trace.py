"""The trace of an order: a fragment that asks for the next one while there is more to come."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from markupsafe import Markup, escape
from sqlalchemy import bindparam, select
from werkzeug.wrappers import Response

from storefront import clock
from storefront.folding import folded
from storefront.glances import Glance
from storefront.history import history_of
from storefront.lifecycle import Flow
from storefront.messages import Message, message_of
from storefront.models import Order
from storefront.steps import Step
from storefront.trace import LONGEST_WAIT, trace_of
from storefront.views.own_source import Source
from storefront.views.status import view_of_status
from storefront.views.trace_words import LANES, distance, sentence_of
from storefront.views.visitor import glance_at_own_or_404, own_order_or_404

bp = Blueprint("trace", __name__)

WITHIN_A_NAME = re.compile(r"(?<=\w)([._])(?=\w)")
MOMENT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step, ready to be shown."""

    step: Step
    sentence: str
    since: str
    message: Message | None
    is_new: bool
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceView:
    """An order's story, ready to be shown.

    While the order waits, its status asks, and says when there is news; `asks_itself` when only
    the story waits: for the event behind a payment that is known already.
    """

    id: str
    seen: str
    steps: list[StepView]
    lanes: tuple[str, ...]
    hears_of_news: bool
    asks_itself: bool
    poll_seconds: int


@bp.get("/orders/<token>/trace")
def show(token: str) -> Response | str:
    """Tell what happened so far; nothing, at the price of one read, when that was `seen`."""
    seen = request.args.get("seen", "")
    if is_recent(seen) and seen.partition("-")[0] == str(_version(token)):
        return Response(status=204)
    order = own_order_or_404(token)
    return render_template("trace/_trace.html", order=order, trace=view_of_trace(order, seen))


@bp.app_template_filter("breakable")
def breakable(text: str) -> Markup:
    """Let a name of Stripe's, such as `payment_intent.created`, break at its joints."""
    return Markup(WITHIN_A_NAME.sub(r"\1<wbr>", str(escape(text))))  # noqa: S704 - escaped


def view_of_trace(order: Order, seen: str = "", flow: Flow = Flow.PAYMENT_INTENT) -> TraceView:
    """Tell an order's story; what happened since it was `seen` is new. Reads the database only.

    `flow` is what is expected of an order that has no attempt yet.
    """
    since = _moment_of(seen)
    status = view_of_status(order)
    now = clock.now()
    trace = trace_of(history_of(order), now=now, flow=flow)
    return TraceView(
        id=f"trace-{order.number}",
        seen=f"{order.version}-{now.timestamp():.3f}",
        steps=[_view_of_step(step, order, since) for step in folded(trace.steps)],
        lanes=LANES,
        hears_of_news=status.is_waiting,
        asks_itself=trace.is_open and not status.is_waiting,
        poll_seconds=status.poll_seconds,
    )


def _view_of_step(step: Step, order: Order, since: float | None) -> StepView:
    last = step.until or step.at
    return StepView(
        step=step,
        sentence=sentence_of(step),
        since=distance(step.since) if step.since is not None else "",
        message=message_of(step, order),
        is_new=bool(since and last and last.timestamp() + step.by_stripes_clock > since),
    )


def is_recent(seen: str) -> bool:
    """Say whether that was shown lately: a story that waits in vain ends by time alone."""
    moment = _moment_of(seen)
    return moment is not None and clock.timestamp() - moment < LONGEST_WAIT.total_seconds()


def _moment_of(seen: str) -> float | None:
    """Return when it was shown, by our clock; what a browser sends may be anything."""
    moment = seen.partition("-")[2]
    return float(moment) if MOMENT.fullmatch(moment) else None


def _version(token: str) -> int:
    """Read the version of the visitor's order, and nothing else; 404 for anybody else's."""
    return int(glance_at_own_or_404(_VERSION, token).version)


_VERSION = Glance(select(Order.version, Order.owner).where(Order.token == bindparam("token")))
