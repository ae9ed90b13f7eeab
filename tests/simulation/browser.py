"""A shopper's browser: it knows what the shop's and Stripe's pages have shown it, nothing else."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.shop import CSRF_TOKEN
from tests.simulation.invariants import Broken

if TYPE_CHECKING:
    from tests.simulation.world import World

ORDER = re.compile(r"/orders/(o_\w+)")
CLIENT_SECRET = re.compile(r'data-client-secret="(pi_\w+?)_secret_')
SHOWN = re.compile(
    r'id="order-status".*?data-status="(\w+)"(.*?)<h2>(.*?)</h2>\s*<p>(.*?)</p>', re.S
)
TOTAL = re.compile(r'<span>Total</span> <strong class="money">(.*?)</strong>')
# What the shop may answer a shopper: pages, redirects, refusals, and "try again".
EXPECTED = {200, 303, 404, 422, 503}


@dataclass(frozen=True)
class Shown:
    """Where the shop says that an order stands."""

    status: str
    title: str
    sentence: str
    is_waiting: bool


@dataclass
class Memory:
    """What a browser keeps, so that it can be opened again: cookies, and the pages it has seen.

    By the order's token: `ways` are the ids in the addresses that lead to paying at Stripe, and
    `totals` what it said that the order costs.
    """

    name: str
    cookies: dict[Any, Any] = field(default_factory=dict)
    csrf_token: str = ""
    ways: dict[str, list[str]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def copied(self) -> Memory:
        """Return a copy that later steps leave alone."""
        ways = {token: list(ids) for token, ids in self.ways.items()}
        return replace(self, cookies=dict(self.cookies), ways=ways, totals=dict(self.totals))


class Browser:
    """Sends what a browser would, one request after the other; several tabs share a memory."""

    def __init__(self, world: World, memory: Memory) -> None:
        """Open a browser with its memory."""
        self.world = world
        self.memory = memory
        self.client: FlaskClient = world.app.test_client()
        self.client._cookies = memory.cookies

    def tab(self) -> Browser:
        """Open another tab."""
        return Browser(self.world, self.memory)

    @property
    def orders(self) -> list[str]:
        """The tokens of the orders that it has seen."""
        return list(self.memory.ways)

    def get(self, path: str) -> TestResponse | None:
        """Open a page; None when no answer comes."""
        return self._noted(self.world.served(f"GET {path}", lambda: self.client.get(path)))

    def post(self, path: str, **fields: object) -> TestResponse | None:
        """Send a form; None when no answer comes."""
        form = {"csrf_token": self.memory.csrf_token, **fields}
        label = f"POST {path} {' '.join(f'{name}={value}' for name, value in fields.items())}"
        answer = self.world.served(label, lambda: self.client.post(path, data=form))
        return self._noted(answer)

    def follow(self, answer: TestResponse | None) -> None:
        """Go where the shop leads: to its page with the card form, or to Stripe's page."""
        where = answer.location if answer is not None else None
        if where is None:
            return
        parts = urlsplit(where)
        if parts.path.startswith("/c/pay/"):
            self._arrive_at_stripe(parts.path.rpartition("/")[2])
        else:
            self.get(where)

    def look(self, token: str) -> Shown | None:
        """Open an order's page; None when it isn't shown."""
        answer = self.get(f"/orders/{token}")
        return read_page(answer.text) if answer is not None and answer.status_code == 200 else None

    def poll(self, token: str) -> Shown | None:
        """Let an order's page ask where the order stands; None when it isn't told."""
        answer = self.get(f"/orders/{token}/status")
        return read_page(answer.text) if answer is not None and answer.status_code == 200 else None

    def _arrive_at_stripe(self, session_id: str) -> None:
        """Stripe's page says which order it is about, in its link back to the shop."""
        session = self.world.sandbox.get("checkout.session", session_id)
        if found := ORDER.search(session["cancel_url"]):
            self._remember(found[1], session_id)
            self.memory.totals[found[1]] = session["amount_total"]

    def _noted(self, answer: TestResponse | None) -> TestResponse | None:
        """Remember what a page leads to, and let nothing pass that the shop may not answer."""
        if answer is None:
            return None
        status, path = answer.status_code, answer.request.path
        self.world.schedule.scheduler.note(f"sees {status} {answer.location or ''}".strip())
        self.world.schedule.seen[f"page {status}"] += 1
        if status not in EXPECTED:
            raise Broken(f"{answer.request.method} {path} is answered {status}.")
        if token := CSRF_TOKEN.search(answer.text):
            self.memory.csrf_token = token[1]
        if order := ORDER.search(answer.location or "") or ORDER.search(path):
            secret = CLIENT_SECRET.search(answer.text)
            self._remember(order[1], secret[1] if secret else None)
            if total := TOTAL.search(answer.text):
                self.memory.totals[order[1]] = int(re.sub(r"\D", "", total[1]))
        if shown := read_page(answer.text):
            self.world.schedule.scheduler.note(f"reads “{shown.title}”")
        return answer

    def _remember(self, token: str, stripe_id: str | None) -> None:
        ways = self.memory.ways.setdefault(token, [])
        if stripe_id and stripe_id not in ways:
            ways.append(stripe_id)


def read_page(text: str) -> Shown | None:
    """Read the status off an order's page; None for every other page."""
    found = SHOWN.search(text)
    if found is None:
        return None
    status, attributes, title, sentence = found.groups()
    return Shown(
        status=status,
        title=html.unescape(title),
        sentence=html.unescape(sentence),
        is_waiting="hx-trigger" in attributes,
    )
