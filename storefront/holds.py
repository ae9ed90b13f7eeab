"""What one visitor may hold: orders that nobody has paid yet, and the goods set aside for them.

Stock is taken when an order is placed, so whoever orders without end and never pays would empty the
shop. What is held comes back by itself: an order that isn't paid expires.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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
            f"{MOST_OPEN_ORDERS} of your orders aren't paid yet. "
            "Wait until one of them is decided, then order again."
        )
    if held + quantity > MOST_HELD:
        raise HoldsTooMuch(
            f"You can have at most {MOST_HELD} things set aside before they are paid, and have "
            f"{held} already. Order fewer."
            if held
            else f"You can order at most {MOST_HELD} things at once. Change the cart."
        )
