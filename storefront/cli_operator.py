"""`flask reconcile`, `flask events …` and `flask attentions …`: for whoever keeps the shop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

import click
from flask.cli import AppGroup, with_appcontext

from storefront import attentions
from storefront.cli_callers import Lifetime
from storefront.clock import as_text
from storefront.db import is_unavailable
from storefront.gateway_errors import GatewayError, GatewayUnavailable
from storefront.models import Attention
from storefront.money import format_money
from storefront.reconcile import Report
from storefront.reconcile import reconcile as reconcile_once
from storefront.replay import replay as apply_again

log = logging.getLogger(__name__)

# For cron; 1 and 2 are any program's: it failed, it was called wrongly.
GAP, NOT_WHOLE = 3, 4
LONGEST = timedelta(days=3650)  # more than that is all there is, and no date before time began
NUMBER = click.IntRange(min=1, max=2**63 - 1)  # what both databases can look for
events_commands = AppGroup("events", help="Stripe's events, as they were stored.")
attentions_commands = AppGroup("attentions", help="What a human should look at.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what it would do, and change nothing.")
@click.option(
    "--within",
    type=Lifetime(),
    default="1d",
    show_default=True,
    help="Compare what was made during this time; more, if the last round is longer ago.",
)
@click.option(
    "--every", type=click.IntRange(min=1), help="Do it again every so many seconds, until stopped."
)
@with_appcontext
def reconcile(dry_run: bool, within: timedelta, every: int | None) -> None:
    """Learn from Stripe what no webhook told, and print the gap that remains.

    Exits with 0 when both sides agree on what is paid, with 3 when they don't, and with 4 when
    that can't be said yet because Stripe or the database couldn't be asked: nothing is lost then.
    """
    within = min(within, LONGEST)
    while True:
        code = _one_round(
            lambda: reconcile_once(within=within, is_dry_run=dry_run), is_quiet=bool(every)
        )
        if not every:
            raise click.exceptions.Exit(code)
        time.sleep(every)


def _one_round(do: Callable[[], Report], *, is_quiet: bool) -> int:
    try:
        report = do()
    except GatewayUnavailable as error:
        return _postponed("Stripe doesn't answer", error)
    except GatewayError as error:
        return _postponed("Stripe refuses to be asked: may this key read everything?", error)
    except Exception as error:
        if not is_unavailable(error):
            raise
        return _postponed("The database isn't there, or is busy", error)
    if report.is_news or not is_quiet:
        for line in report.lines():
            click.echo(line)
    if report.has_gap:
        return GAP
    return 0 if report.is_whole else NOT_WHOLE


def _postponed(sentence: str, error: Exception) -> int:
    code = getattr(error, "code", None) or type(error).__name__
    log.warning("reconcile=postponed reason=%s", code)
    click.echo(f"{sentence} ({code}). Nothing is lost: run it again later.", err=True)
    return NOT_WHOLE


@events_commands.command("replay")
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def replay(ids: tuple[str, ...], dry_run: bool) -> None:
    """Apply stored events once more. Harmless: what was heard before changes nothing."""
    unknown = False
    for event_id in ids:
        again = apply_again(event_id, is_dry_run=dry_run)
        if again is None:
            unknown = True
            click.echo(f"{event_id}: there is no such event here.", err=True)
        else:
            would = "would be " if dry_run else ""
            click.echo(f"{event_id} {again.type} {would}{again.outcome} payment={again.payment_id}")
            for name, before, after in again.changes:
                click.echo(f"  {name}: {before} → {after}")
    if unknown:
        raise click.exceptions.Exit(1)


@attentions_commands.command("list")
@click.option("--all", "also_resolved", is_flag=True, help="Those that are resolved, too.")
def show(also_resolved: bool) -> None:
    """List what a human should look at, the oldest first."""
    found = attentions.list_attentions(also_resolved=also_resolved)
    for attention, number in found:
        click.echo(f"{attention.id} {as_text(attention.opened_at)} order={number} "
                   f"payment={attention.payment_id} reason={attention.reason}"
                   f"{_amounts(attention)}{_resolution(attention)}")  # fmt: skip
        click.echo(f"  {attention.sentence}")
    if not found:
        click.echo("There is nothing to look at.")


@attentions_commands.command("resolve")
@click.argument("ids", nargs=-1, required=True, type=NUMBER, metavar="ID…")
@click.option("--by", required=True, help="Who has seen to it.")
def resolve(ids: tuple[int, ...], by: str) -> None:
    """Note that somebody has seen to them, and when."""
    if not by.strip():
        raise click.BadParameter("Say who has seen to it.", param_hint="--by")
    left = [each for each in ids if not attentions.resolve(each, by=by.strip())]
    click.echo(f"{len(ids) - len(left)} resolved by {by.strip()}.")
    if left:
        names = ", ".join(map(str, left))
        raise click.ClickException(f"Not open: {names}. See: flask attentions list --all")


def _amounts(attention: Attention) -> str:
    told = {"due": attention.amount_due, "received": attention.amount_received}
    return "".join(
        f" {name}={format_money(amount, attention.currency, 'en')}"
        for name, amount in told.items()
        if amount is not None
    )


def _resolution(attention: Attention) -> str:
    if attention.resolved_at is None:
        return ""
    return f" resolved={as_text(attention.resolved_at)} by={attention.resolved_by!r}"
