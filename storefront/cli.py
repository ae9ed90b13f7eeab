"""`flask …` commands."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import with_appcontext

from storefront import catalog, outbox


def init_cli(app: Flask) -> None:
    """Add the shop's commands."""
    app.cli.add_command(seed)
    app.cli.add_command(work)


@click.command()
@with_appcontext
def seed() -> None:
    """Put the shop's products on sale; changes nothing that is already there."""
    click.echo(f"{catalog.seed()} products added.")


@click.command()
@with_appcontext
def work() -> None:
    """Make the calls to Stripe that are due, such as refunds of payments that came twice."""
    click.echo(f"{outbox.work()} calls made.")
