"""An order's pages: where it stands, paying it, coming back from Stripe, cancelling it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront import checkout
from storefront.attempts import OrderNotPayable
from storefront.both_flows import is_compared
from storefront.config import settings
from storefront.evidence import Snapshot
from storefront.gateway_errors import Declined, GatewayError, GatewayUnavailable
from storefront.lifecycle import Flow
from storefront.models import Order
from storefront.params import STRIPE_LOCALES
from storefront.views.cards import offered_cards
from storefront.views.errors import STRIPE_IS_AWAY, error_page
from storefront.views.languages import language
from storefront.views.limits import begins_payment
from storefront.views.status import view_of_status
from storefront.views.trace import view_of_trace
from storefront.views.visitor import TOKEN, own_order, own_order_or_404

bp = Blueprint("orders", __name__)

# The trace on the same page hears it, and asks what the news is.
ORDER_NEWS = "order-news"
Answer = Response | str | tuple[str, int]
START = {
    Flow.PAYMENT_INTENT: "orders.start_payment_intent",
    Flow.CHECKOUT_SESSION: "orders.start_checkout_session",
}


@bp.get("/orders/<token>")
def show(token: str) -> str:
    """Show what was bought, where it stands and how it came there."""
    order = own_order_or_404(token)
    found = view_of_status(order)
    trace = view_of_trace(order)
    return render_template("orders/order.html", order=order, status_view=found, trace=trace)


@bp.get("/orders/<token>/status")
def status(token: str) -> Response:
    """Show where the order stands: a fragment that asks for the next one until it is final."""
    order = own_order_or_404(token)
    found = view_of_status(order)
    page = render_template("orders/_status.html", order=order, status_view=found)
    return Response(page, mimetype="text/html", headers={"HX-Trigger": ORDER_NEWS})


@bp.get("/orders/<token>/pay")
def pay(token: str) -> Answer:
    """Mount the Payment Element; Stripe is asked for the client_secret, which is kept nowhere."""
    order = own_order_or_404(token)
    intent = checkout.resume_payment_intent(order.id)
    if intent is None:
        return redirect(url_for("orders.show", token=token), code=303)
    form = payment_form_of(order, intent)
    return render_template(
        "orders/pay.html", order=order, payment_form=form, test_cards=offered_cards()
    )


@bp.post("/orders/<token>/payment-intent")
@begins_payment
def start_payment_intent(token: str) -> Answer:
    """Lead the shopper to our own page with the card form."""
    return begin_payment(own_order_or_404(token), Flow.PAYMENT_INTENT)


@bp.post("/orders/<token>/checkout-session")
@begins_payment
def start_checkout_session(token: str) -> Answer:
    """Send the shopper to the page that Stripe hosts."""
    return begin_payment(own_order_or_404(token), Flow.CHECKOUT_SESSION)


@bp.post("/orders/<token>/cancel")
def cancel(token: str) -> Answer:
    """Cancel an order that isn't paid."""
    order = own_order_or_404(token)
    try:
        checkout.cancel_order(order.id)
    except OrderNotPayable:
        flash(_("The order can’t be cancelled any more. It stands as shown here."))
    return redirect(url_for("orders.show", token=token), code=303)


@bp.get("/return")
def come_back() -> Response:
    """Take the shopper back from Stripe, to the clean address of the order.

    Nothing in the query decides anything: only our own record of the attempt is read at Stripe.
    The query may hold a secret, so nothing is rendered here, not even for somebody else's order.
    """
    token = request.args.get("order", "")
    if order := own_order(token):
        try:
            checkout.refresh(order.id)
        except GatewayError:
            flash(_("Stripe is slow to answer just now. This page will know as soon as it does."))
        if is_compared(order):
            return redirect(url_for("compare.show"), code=303)
    clean = token if TOKEN.fullmatch(token) else "unknown"
    return redirect(url_for("orders.show", token=clean), code=303)


def payment_form_of(order: Order, intent: Snapshot) -> dict[str, str | None]:
    """Return what the card form needs to know, the client_secret included."""
    return {
        "publishable_key": settings().stripe_publishable_key,
        "client_secret": intent.client_secret,
        "return_url": settings().absolute_url(url_for("orders.come_back", order=order.token)),
        "stripe_js_url": settings().stripe_js_url,
        "locale": STRIPE_LOCALES[language()],
    }


def begin_payment(order: Order, flow: Flow) -> Answer:
    """Start or resume a flow, and lead the shopper to where it is paid."""
    try:
        if flow == Flow.CHECKOUT_SESSION:
            snapshot = checkout.start_checkout_session(order.id)
            return redirect(snapshot.checkout_url or "", code=303)
        checkout.start_payment_intent(order.id)
    except OrderNotPayable:
        flash(_("This order can’t be paid again. It stands as shown here."))
        return redirect(url_for("orders.show", token=order.token), code=303)
    except (Declined, GatewayUnavailable) as error:
        return _try_again(order, flow, error.retry_after)
    return redirect(url_for("orders.pay", token=order.token), code=303)


def _try_again(order: Order, flow: Flow, seconds: int) -> Response:
    action = url_for(START[flow], token=order.token)
    response = error_page(
        HTTPStatus.SERVICE_UNAVAILABLE,
        STRIPE_IS_AWAY[0],
        _(
            "Your order %(number)s is safe and you were not charged. Try again in a moment.",
            number=order.number,
        ),
        retry={"action": action, "label": _("Try again")},
    )
    response.headers["Retry-After"] = str(seconds)
    return response
