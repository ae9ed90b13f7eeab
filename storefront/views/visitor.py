"""Who is asking: the visitor behind the cookie, and the orders that are theirs."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, session
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from storefront.both_flows import BESIDE
from storefront.db import reading
from storefront.glances import Glance
from storefront.ids import new_id
from storefront.models import Order

TOKEN = re.compile(r"\w{1,100}", re.ASCII)


class StrangeOrder(NotFound):
    """The order isn't this browser's, or there is none: nobody is told which.

    Also for a shopper whose cookie was lost on the way back from Stripe, who is told so.
    """


def visitor() -> str | None:
    """Return the visitor's opaque id; None for somebody who hasn't looked at a product yet."""
    found = session.get("visitor")
    return found if isinstance(found, str) else None


def known_visitor() -> str:
    """Return the visitor's id, and give one to somebody who had none."""
    if visitor() is None:
        session.permanent = True
        session["visitor"] = new_id("vis")
    return str(session["visitor"])


def own_order_or_404(token: str) -> Order:
    """Return the visitor's order; somebody else's is as absent as one that never was."""
    order = own_order(token)
    if order is None:
        raise StrangeOrder
    return order


def glance_at_own_or_404(glance: Glance, token: str) -> Any:
    """Return what a glance by `token` sees of the visitor's order, its `owner` among it; or 404."""
    found = next(iter(glance(token=token)), None) if TOKEN.fullmatch(token) else None
    if found is None or not is_own(found.owner):
        abort(404)
    return found


def own_order(token: str) -> Order | None:
    """Return the order with this token if it is the visitor's; any text may be asked for."""
    if not TOKEN.fullmatch(token):
        return None
    with reading() as database:
        order = database.scalar(select(Order).where(Order.token == token))
    return order if order and is_own(order.owner) else None


def is_own(owner: str) -> bool:
    """Say whether this is the visitor, or what they compare (see `both_flows`)."""
    return owner.partition(BESIDE)[0] == visitor()
