"""Rounds of reconciliation, and what a shop looks like from outside before and after them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from click.testing import Result
from sqlalchemy import inspect

from storefront import cursors, reconcile
from storefront.db import Base
from storefront.models import (
    Attention,
    Cursor,
    Order,
    OutboxCall,
    Payment,
    StripeEvent,
    Transition,
)
from storefront.reconcile import Report
from tests.shop import Shop

A_MINUTE = 61
A_DAY = 24 * 3600
EVERYTHING: list[type[Base]] = [
    Order, Payment, StripeEvent, Transition, Attention, OutboxCall, Cursor,
]  # fmt: skip


def reconciled(shop: Shop, *, within: float = A_DAY, is_dry_run: bool = False) -> Report:
    """Wait until nothing is under way, and do one round."""
    shop.now += A_MINUTE
    with shop.app.app_context():
        return reconcile.reconcile(within=timedelta(seconds=within), is_dry_run=is_dry_run)


def command(shop: Shop, *words: str) -> Result:
    """Run a flask command."""
    result = shop.app.test_cli_runner().invoke(args=list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(shop: Shop) -> list[Any]:
    """Return everything that a round could change."""
    return [
        [
            [getattr(row, each.key) for each in inspect(model).column_attrs]
            for row in shop.all(model)
        ]
        for model in EVERYTHING
    ]


def position(shop: Shop, name: str) -> str:
    """Return where a cursor stands."""
    with shop.app.app_context():
        return cursors.position_of(name)
