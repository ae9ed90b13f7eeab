"""`flask refund`: what an operator does about money."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import or_, select

from storefront import errands, refund_reports, refunds
from storefront.db import reading
from storefront.lifecycle import RefundStatus
from storefront.models import Order, Refund
from storefront.money import format_money

# https://docs.stripe.com/api/refunds/create: the reasons that Stripe knows, and our own.
REASONS = click.Choice(["requested_by_customer", "duplicate", "fraudulent", "goods_missing"])


@click.command()
@click.argument("what")
@click.option("--amount", type=click.IntRange(min=1), help="In minor units; left out, all of it.")
@click.option("--reason", type=REASONS, default="requested_by_customer", show_default=True)
@click.option("--by", "actor", required=True, help="Who decides it, for the record.")
@with_appcontext
def refund(what: str, amount: int | None, reason: str, actor: str) -> None:
    """Give back the money of WHAT: an order's number or id, or a payment's id.

    The refund is written down first and asked of Stripe then; if Stripe can't be reached, the
    worker goes on asking. Doing it twice is two refunds, and never more than was received.

    Exits with 1 when nothing is given back, whether the shop refuses or Stripe does.
    """
    actor = actor.strip()
    if actor in {"", refunds.SHOP, refund_reports.STRIPE}:
        raise click.BadParameter("Say who decides it.", param_hint="--by")
    try:
        refund_id = refunds.refund(_payment_of(what), amount=amount, reason=reason, actor=actor)
    except refunds.NotRefundable as refusal:
        raise click.ClickException(str(refusal)) from refusal
    errands.run()
    with reading() as session:
        made = session.get_one(Refund, refund_id)
    if RefundStatus(made.status).is_returned:
        why = f"{made.status}, {made.failure_reason}"
        raise click.ClickException(f"Stripe gave nothing back ({why}): {refund_id}.")
    click.echo(_told(made))


def _payment_of(what: str) -> str:
    """Return the payment that is meant: the one that settled an order, or its only one with money.

    Raises NotRefundable.
    """
    if what.startswith("pay_"):
        return what
    with reading() as session:
        is_it = or_(Order.id == what, Order.number == what.upper())
        order = session.scalar(select(Order).where(is_it))
    if order is None:
        raise refunds.NotRefundable(f"There is no order {what}.")
    paid = [each.id for each in order.payments if each.amount_received]
    if order.settled_by:
        return order.settled_by
    if len(paid) != 1:
        found = f"it has {len(paid)} payments with money: {', '.join(paid) or 'none'}"
        raise refunds.NotRefundable(f"Order {order.number} isn't paid, and {found}. Name one.")
    return paid[0]


def _told(made: Refund) -> str:
    amount = format_money(made.amount, made.currency, "en")
    stands = f"{made.stripe_refund_id or 'not yet known to Stripe'}, {made.status}"
    return f"{made.id}: {amount} of {made.payment_id} ({stands})."
