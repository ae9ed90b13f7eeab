"""The sandbox's control API, asked over HTTP. Stripe has none: with its keys there are no controls.

It is no part of paying: what the shop learns here goes onto the page and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import requests
from flask import current_app
from requests.adapters import BaseAdapter

from storefront.exchanges import Exchange, ObservedSession

CONNECT_SECONDS, LOOK_SECONDS = 0.5, 1
# Somebody who pays waits until the webhook was told, if a rule wants that.
DO_SECONDS = 12
# No page waits again so soon for a sandbox that didn't answer.
SECONDS_WITHOUT_LOOKING = 5.0


class SandboxAway(Exception):
    """The sandbox gave no answer that could be used."""


class SandboxRefused(Exception):
    """What was asked can't be done; the sandbox says why."""


class Controls:
    """The control API of the sandbox at `address`; `transport` is how requests travel there.

    `monotonic` measures for how long it has been away.
    """

    def __init__(
        self,
        address: str,
        transport: BaseAdapter | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._transport = transport
        self._monotonic = monotonic
        self._is_away_until = 0.0

    def look(self, what: str, **query: str) -> dict[str, Any]:
        """Read something, for a page that mustn't wait for it; raises SandboxAway."""
        if self._monotonic() < self._is_away_until:
            raise SandboxAway("It didn't answer a moment ago.")
        try:
            return self._ask("GET", what, LOOK_SECONDS, params=query)
        except SandboxAway:
            self._is_away_until = self._monotonic() + SECONDS_WITHOUT_LOOKING
            raise

    def do(self, verb: str, **fields: object) -> dict[str, Any]:
        """Have something done; raises SandboxAway and SandboxRefused."""
        return self._ask("POST", verb, DO_SECONDS, json=fields)

    def pay(self, stripe_id: str, note: Callable[[Exchange], None]) -> None:
        """Have somebody pay an object, and tell `note`; raises the same as `do`."""
        self._ask("POST", f"objects/{stripe_id}/pay", DO_SECONDS, note, json={})

    def _ask(
        self,
        method: str,
        path: str,
        seconds: float,
        note: Callable[[Exchange], None] = lambda _: None,
        **sent: Mapping[str, Any],
    ) -> dict[str, Any]:
        url = f"{self._address}/_sandbox/{path}"
        with ObservedSession(note) as session:
            session.trust_env = False
            if self._transport is not None:
                session.mount(self._address, self._transport)
            try:
                answer = session.request(
                    method, url, timeout=(CONNECT_SECONDS, seconds),
                    allow_redirects=False, **cast("Any", sent),
                )  # fmt: skip
                told = answer.json()
            except requests.RequestException as error:
                raise SandboxAway(type(error).__name__) from error
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SandboxAway(f"It answered {answer.status_code}.")
        if answer.status_code != HTTPStatus.OK:
            raise SandboxRefused(told["error"])
        return cast("dict[str, Any]", told)


def controls() -> Controls | None:
    """Return the controls of the running application's sandbox; None when it talks to Stripe."""
    return cast("Controls | None", current_app.extensions["controls"])
