"""`flask …` commands."""

from __future__ import annotations

import logging
import time

import click
from flask import Flask
from flask.cli import with_appcontext

from storefront import (
    answers,
    catalog,
    cli_callers,
    cli_money,
    cli_operator,
    errands,
    upkeep,
)
from storefront.db import is_unavailable

log = logging.getLogger(__name__)


def init_cli(app: Flask) -> None:
    """Add the shop's commands."""
    app.cli.add_command(seed)
    app.cli.add_command(work)
    app.cli.add_command(cli_operator.reconcile)
    app.cli.add_command(cli_operator.events_commands)
    app.cli.add_command(cli_operator.attentions_commands)
    app.cli.add_command(cli_money.refund)
    app.cli.add_command(cli_callers.keys)
    app.cli.add_command(cli_callers.token_commands)


@click.command()
@with_appcontext
def seed() -> None:
    """Put the shop's products on sale; changes nothing that is already there."""
    click.echo(f"{catalog.seed()} products added.")


@click.command()
@click.option(
    "--every", type=click.IntRange(min=1), help="Do it again every so many seconds, until stopped."
)
@with_appcontext
def work(every: int | None) -> None:
    """Expire orders, read silent payments again, make the calls to Stripe that are due.

    Answers of the API that are too old to be asked for are forgotten.
    """
    while True:
        try:
            expired, read = upkeep.expire_orders(), upkeep.read_again()
            upkeep.apply_parked()
            calls = errands.run()
            answers.prune()
        except Exception as error:
            if not (every and is_unavailable(error)):
                raise
            log.warning("work=postponed reason=%s", type(error).__name__)
        else:
            if expired or read or calls or not every:
                click.echo(
                    f"{expired} orders expired, {read} payments read again, {calls} calls made."
                )
        if not every:
            return
        time.sleep(every)
