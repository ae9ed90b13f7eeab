"""What one visitor may hold: orders that nobody has paid yet, and the goods set aside for them.

Stock is taken when an order is placed, so whoever orders without end and never pays would empty the
shop. What is held comes back by itself: an order that isn't paid expires.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.languages import Sentence
from storefront.lifecycle import OrderStatus
from storefront.models import LineItem, Order

# A bank debit takes days, and somebody may order again meanwhile; but not without end.
MOST_OPEN_ORDERS = 5
# More than a shopper wants, and less than what makes others go without.
MOST_HELD = 300
OPEN = (OrderStatus.PENDING, OrderStatus.PROCESSING)


class HoldsTooMuch(Exception):
    """The visitor holds as much as one may; the sentence says what to do."""


def refuse_greed(session: Session, owner: str, quantity: int) -> None:
    """Raise HoldsTooMuch if the visitor may not hold `quantity` things more, in one more order.

    A visitor's orders are placed one after the other, because each freezes the one open cart: so
    what is counted here can't grow before the caller's commit.
    """
    statement = (
        select(func.count(Order.id.distinct()), func.coalesce(func.sum(LineItem.quantity), 0))
        .join(LineItem, LineItem.order_id == Order.id)
        .where(Order.owner == owner, Order.status.in_(OPEN))
    )
    orders, held = session.execute(statement).one()
    if orders >= MOST_OPEN_ORDERS:
        raise HoldsTooMuch(
            Sentence(
                "%(orders)d of your orders aren’t paid yet. "
                "Wait until one of them is decided, then order again.",
                orders=orders,
            )
        )
    if held + quantity > MOST_HELD:
        raise HoldsTooMuch(_too_much(held))


def _too_much(held: int) -> Sentence:
    if not held:
        return Sentence(
            "You can order at most %(most)d things at once. Change the cart.", most=MOST_HELD
        )
    return Sentence(
        "You can have at most %(most)d things set aside before they are paid, and have "
        "%(held)d already. Order fewer.",
        most=MOST_HELD, held=held,
    )  # fmt: skip
