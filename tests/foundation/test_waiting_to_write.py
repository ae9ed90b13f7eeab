"""SQLite's one writer: first come, first served, and nobody waits without end."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storefront import write_queue
from storefront.write_queue import QueueTooLong, WriteQueue
from tests.shop import Shop

HOLD = """
import sys, time
from pathlib import Path
from storefront.write_queue import WriteQueue
with WriteQueue(Path(sys.argv[1])).turn():
    print("holding", flush=True)
    time.sleep(60)
"""


@contextmanager
def held_by_another_process(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process hold the turn; killed at the end."""
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"holding\n"
        try:
            yield holder
        finally:
            holder.kill()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_queue, "LONGEST_WAIT", 0.5)


@pytest.mark.usefixtures("impatient")
def test_a_writer_that_never_ends_is_waited_for_in_bounds_and_answered_503(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()
    visitor.add()
    path = Path(sqlite_shop.settings.database_url.removeprefix("sqlite:///"))

    with held_by_another_process(path):
        began = time.monotonic()
        response = visitor.add()
        waited = time.monotonic() - began

    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
    assert 0.4 < waited < 2


@pytest.mark.usefixtures("impatient")
def test_threads_that_wait_in_line_wait_no_longer_for_it(tmp_path: Path):
    """The wait for the thread before and the wait for the other process are one wait."""
    queue, waits = WriteQueue(tmp_path / "db"), []

    def write() -> None:
        began = time.monotonic()
        with pytest.raises(QueueTooLong), queue.turn():
            pass
        waits.append(time.monotonic() - began)

    with held_by_another_process(tmp_path / "db"):
        in_threads(write, 4)

    assert len(waits) == 4
    assert max(waits) < 1.5


def test_a_writer_that_is_killed_gives_its_turn_back(tmp_path: Path):
    queue = WriteQueue(tmp_path / "db")
    with held_by_another_process(tmp_path / "db") as holder:
        threading.Timer(0.2, holder.kill).start()

        with queue.turn():
            assert holder.wait(60) != 0


def test_threads_write_one_at_a_time_in_the_order_they_came(tmp_path: Path):
    queue, order, inside = WriteQueue(tmp_path / "db"), [], []
    names = iter(range(5))

    def write() -> None:
        name = next(names)
        with queue.turn():
            inside.append(name)
            time.sleep(0.05)
            assert inside == [name]
            order.append(inside.pop())

    in_threads(write, 5)

    assert order == [0, 1, 2, 3, 4]


def in_threads(work: object, count: int) -> None:
    """Run it in threads that begin one shortly after the other; wait for all."""
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    for thread in threads:
        thread.join()
