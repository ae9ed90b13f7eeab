"""A shop with several processes, its sandbox, and a crowd that has what it takes to buy."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import select, update

from storefront import create_app
from storefront.api_keys import create_key
from storefront.callers import user_named
from storefront.config import read_settings
from storefront.db import reading, writing
from storefront.models import Product
from storefront.scopes import Scope
from tests.chaos.crowd import Buyer
from tests.processes import LiveShop

LIMITS = ("CALLER", "ADDRESS", "PAYMENTS", "PAYMENTS_ADDRESS")
UNCOUNTED = {f"RATELIMIT_{name}": "1000000 per second" for name in LIMITS}
STOCK = 1_000_000
PATIENCE = 60.0


class Town:
    """The running shop, and what is asked of its database behind its back."""

    def __init__(self, shop: LiveShop) -> None:
        self.shop = shop
        self.app = create_app(read_settings(shop.environment))
        with self.app.app_context(), writing() as session:
            session.execute(update(Product).values(stock=STOCK))
        self._made = 0

    def buyers(self, count: int) -> list[Buyer]:
        """Return so many new shoppers."""
        with self.app.app_context():
            with reading() as session:
                product_id = session.scalars(select(Product.id).order_by(Product.id)).first() or ""
            keys = [self._key() for _ in range(count)]
        return [Buyer(self.shop, key, product_id) for key in keys]

    def _key(self) -> str:
        self._made += 1
        owner = user_named(f"buyer{self._made}")
        return create_key(owner, name="chaos", scopes=tuple(Scope))

    def workers(self) -> list[psutil.Process]:
        """Return the shop's worker processes."""
        assert self.shop.shop.process
        found: list[psutil.Process] = psutil.Process(self.shop.shop.process.pid).children()
        return found

    def kill_a_worker(self, chance: random.Random) -> None:
        """Let one worker end at once, whatever it is doing; gunicorn starts another."""
        if workers := self.workers():
            chance.choice(workers).kill()

    def crash(self) -> None:
        """End all of the shop at once, and start it again."""
        self.shop.shop.kill()
        self.shop.shop.start(self.shop.environment)

    @contextmanager
    def silent_stripe(self) -> Iterator[None]:
        """Let the sandbox hear everything and answer nothing."""
        assert self.shop.sandbox.process
        sandbox = psutil.Process(self.shop.sandbox.process.pid)
        sandbox.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            sandbox.send_signal(signal.SIGCONT)

    def work(self) -> None:
        """Do what has to be done from time to time; fails when reconciling leaves a gap."""
        for command in ("work", "reconcile"):
            done = self.app.test_cli_runner().invoke(args=[command])
            assert done.exit_code == 0, done.output


@contextmanager
def town(directory: Path, *, workers: int = 4, database_url: str | None = None) -> Iterator[Town]:
    """Run a shop of so many processes for as long as the block lasts."""
    settings = {**UNCOUNTED, "WEB_CONCURRENCY": str(workers), "LOG_LEVEL": "warning"}
    with LiveShop(directory, database_url=database_url, settings=settings) as shop:
        yield Town(shop)


def until(seconds: float) -> Iterator[None]:
    """Go on for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
