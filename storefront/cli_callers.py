"""`flask api-keys …` and `flask tokens …`: who may call the API."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import click
from flask.cli import AppGroup

from storefront import api_keys, tokens
from storefront.callers import user_named
from storefront.clock import as_text
from storefront.config import ConfigurationError
from storefront.scopes import Scope

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Lifetime(click.ParamType[timedelta]):
    """A length of time, such as 15m, 12h or 90d."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        """Return the timedelta that the text means."""
        found = re.fullmatch(r"([1-9][0-9]{0,5})([smhd])", str(value), re.ASCII)
        if not found:
            self.fail(f"{value!r} isn't a time such as 15m, 12h or 90d.", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


class User(click.ParamType[str]):
    """A user's name: what can be the subject of a token."""

    name = "name"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return the name as it is."""
        if not tokens.is_subject(value):
            self.fail(f"{value!r} isn't 1 to {tokens.LONGEST_SUBJECT} printable characters.",
                      param, ctx)  # fmt: skip
        return str(value)


SCOPES = click.Choice([str(scope) for scope in Scope])
keys = AppGroup("api-keys", help="API keys: make, list and revoke them.")
token_commands = AppGroup("tokens", help="Tokens that the shop issues itself.")


@keys.command("create")
@click.option("--user", type=User(), required=True, help="Whose carts and orders it opens.")
@click.option("--name", required=True, help="What it is for, for people.")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, required=True)
@click.option("--expires-in", type=Lifetime(), help="Such as 90d; without it, never.")
def create(user: str, name: str, scopes: tuple[str, ...], expires_in: timedelta | None) -> None:
    """Make a key and show it, this once."""
    user_id = user_named(user)
    click.echo(api_keys.create_key(user_id, name=name, scopes=scopes, lifetime=expires_in))
    click.echo("Keep it well: it is stored nowhere and can't be shown again.", err=True)


@keys.command("list")
def show() -> None:
    """List the keys, without what opens anything."""
    for key, user in api_keys.list_keys():
        click.echo(
            f"{key.prefix} user={user} name={key.name!r} scopes={key.scopes!r} "
            f"created={as_text(key.created_at)} expires={_moment(key.expires_at)} "
            f"revoked={_moment(key.revoked_at)} last_used={_moment(key.last_used_at)}"
        )


@keys.command("revoke")
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """End the key with this prefix, at once; the whole key will do, too."""
    name = api_keys.public_part(prefix)
    if not api_keys.revoke_key(name):
        raise click.ClickException(f"There is no open key {name!r}. See: flask api-keys list")
    click.echo(f"{name} opens nothing any more.")


@token_commands.command("issue")
@click.option("--user", type=User(), required=True, help="The token's subject.")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, help="Default: all of them.")
@click.option("--expires-in", type=Lifetime(), default="15m", show_default=True)
def issue(user: str, scopes: tuple[str, ...], expires_in: timedelta) -> None:
    """Sign a token for a user and show it."""
    try:
        click.echo(tokens.issue(user, scopes=scopes or tuple(Scope), lifetime=expires_in))
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error


def _moment(moment: datetime | None) -> str:
    return as_text(moment) if moment else "never"
