"""A backup that is taken while the shop is busy: nobody is turned away, and it is whole."""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url, update

from storefront.models import Product
from tests.shop import Shop
from tests.webhooks.telling import paid

ORDERS = 16
UNPAID = """
    SELECT count(*) FROM orders LEFT JOIN payments ON payments.id = settled_by
    WHERE orders.status = 'paid' AND coalesce(payments.status, '') <> 'succeeded'"""
HALF_APPLIED = """
    SELECT count(*) FROM transitions LEFT JOIN stripe_events ON stripe_events.id = cause
    WHERE cause LIKE 'evt_%' AND stripe_events.id IS NULL"""


def test_a_backup_during_traffic_is_whole_and_disturbs_nobody(sqlite_shop: Shop, tmp_path: Path):
    """CR-13: VACUUM INTO, again and again, while events are applied from four threads."""
    sqlite_shop.write(update(Product).values(stock=ORDERS))
    for _ in range(ORDERS):
        paid(sqlite_shop)
    told = sqlite_shop.events("payment_intent.succeeded")
    sqlite = importlib.import_module("pysqlite3")
    path = make_url(sqlite_shop.settings.database_url).database
    backups: list[Path] = []

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(sqlite_shop.sign_and_post, event) for event in told]
        with closing(sqlite.connect(path, timeout=30)) as connection:
            while not backups or not all(each.done() for each in answers):
                backups.append(tmp_path / f"backup{len(backups)}.db")
                connection.execute("VACUUM INTO ?", (str(backups[-1]),))

    assert {each.result().status_code for each in answers} == {200}
    for backup in backups:
        with closing(sqlite.connect(backup)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
            assert copy.execute(UNPAID).fetchone() == copy.execute(HALF_APPLIED).fetchone() == (0,)
            assert copy.execute("SELECT count(*) FROM orders").fetchone() == (ORDERS,)
