"""What a page of a list costs somebody who has a thousand of them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from storefront import owned
from storefront.db import reading
from storefront.models import Order, Payment
from tests.api.caller import Caller

LISTS = [(owned.ORDERS, Order), (owned.PAYMENTS, Payment)]


@pytest.mark.parametrize(("statement", "model"), LISTS, ids=["orders", "payments"])
def test_a_page_is_read_by_an_index_in_the_lists_own_order(
    alice: Caller, statement: owned.Query, model: Any
):
    """Nothing is sorted, and nothing read that isn't on the page."""
    newest = statement.order_by(model.created_at.desc(), model.id.desc()).limit(21)
    with alice.shop.app.app_context(), reading() as session:
        asked = newest.params(owner=alice.user_id)
        sql = asked.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = str(session.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all())

    assert f"USING INDEX ix_{model.__tablename__}_owner_created_at" in plan
    assert "TEMP B-TREE" not in plan
