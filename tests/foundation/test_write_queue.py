"""The queue in front of SQLite's one writer: no turn is shared, lost or kept to oneself."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from storefront import write_queue
from storefront.write_queue import QueueTooLong, WriteQueue

PATIENCE = 30.0
fork = multiprocessing.get_context("fork")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database file that is written to."""
    return tmp_path / "shop.db"


def queue_up(pool: ThreadPoolExecutor, queue: WriteQueue, work: Callable[[], None]) -> Future[None]:
    """Have `work` done in a turn of its own, and return once it waits for that turn."""
    waiting = len(queue._waiting)

    def take_turn() -> None:
        with queue.turn():
            work()

    future = pool.submit(take_turn)
    end = time.monotonic() + PATIENCE
    while len(queue._waiting) == waiting:
        assert time.monotonic() < end
        time.sleep(0.001)
    return future


def test_whoever_gave_up_is_not_served_and_nobody_is_forgotten(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place in the line that was left must not swallow the turn."""
    queue, served = WriteQueue(path), list[str]()
    with ThreadPoolExecutor(2) as pool:
        with queue.turn():
            monkeypatch.setattr(write_queue, "LONGEST_WAIT", 0.2)
            impatient = queue_up(pool, queue, lambda: served.append("impatient"))
            monkeypatch.setattr(write_queue, "LONGEST_WAIT", PATIENCE)
            patient = queue_up(pool, queue, lambda: served.append("patient"))
            with pytest.raises(QueueTooLong):
                impatient.result(PATIENCE)
        patient.result(PATIENCE)

    assert served == ["patient"]
    with queue.turn():
        assert not queue._waiting


def test_a_turn_that_fails_is_given_back(path: Path) -> None:
    queue = WriteQueue(path)

    with pytest.raises(ZeroDivisionError), queue.turn():
        _ = 1 / 0

    with queue.turn():
        assert not queue._waiting


def count_up(path: Path, times: int) -> None:
    """Raise the number in a file, with a pause in which somebody else could spoil it."""
    queue = WriteQueue(path)
    for _ in range(times):
        with queue.turn():
            number = int(path.read_text())
            time.sleep(0.0005)
            path.write_text(str(number + 1))


def test_no_two_processes_write_at_a_time(path: Path) -> None:
    path.write_text("0")
    workers = [fork.Process(target=count_up, args=(path, 25)) for _ in range(4)]
    for worker in workers:
        worker.start()
    count_up(path, 25)
    for worker in workers:
        worker.join(PATIENCE)

    assert path.read_text() == "125"


def keep_busy(path: Path, has_begun: Event, is_over: Event) -> None:
    """Write without a pause, from four threads, as a worker under load does."""
    queue = WriteQueue(path)

    def write() -> None:
        while not is_over.is_set():
            with queue.turn():
                has_begun.set()
                time.sleep(0.002)

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(write)


def test_a_busy_process_does_not_keep_the_turn_to_itself(path: Path) -> None:
    """Each turn of ours is had after few of theirs, not when they happen to pause."""
    has_begun, is_over = fork.Event(), fork.Event()
    busy = fork.Process(target=keep_busy, args=(path, has_begun, is_over))
    busy.start()
    assert has_begun.wait(PATIENCE)
    queue, began = WriteQueue(path), time.monotonic()
    try:
        for _ in range(20):
            with queue.turn():
                pass
        assert time.monotonic() - began < 2
    finally:
        is_over.set()
        busy.join(PATIENCE)
