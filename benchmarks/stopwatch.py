"""What the benchmarks share: programs on a core of their own, and what work costs them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass(frozen=True, slots=True)
class Cost:
    """What some rounds of work took: seconds on the wall, and seconds of one process's CPU."""

    rounds: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Rounds a second, as the client saw them."""
        return self.rounds / self.wall

    @property
    def rate_of_a_core(self) -> float:
        """Rounds a second that one core would sustain if the process had nothing to wait for."""
        return self.rounds / self.cpu


def measure(rounds: int, work: Callable[[], object], of: int) -> Cost:
    """Do the work so many times; return what that cost, of the process with the id `of`."""
    process = psutil.Process(of)
    cpu, begun = sum(process.cpu_times()[:2]), time.perf_counter()
    for _ in range(rounds):
        work()
    wall = time.perf_counter() - begun
    return Cost(rounds, wall, sum(process.cpu_times()[:2]) - cpu)


@contextmanager
def program(*arguments: str) -> Iterator[int]:
    """Run `python -m …` on the first core while the block lasts; give its process id."""
    running = subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.DEVNULL)
    try:
        if CORES:
            os.sched_setaffinity(running.pid, CORES[:1])
        yield running.pid
    finally:
        running.terminate()
        running.wait()


@contextmanager
def on_another_core() -> Iterator[None]:
    """Keep this process off the measured program's core, where there is another one."""
    if len(CORES) > 1:
        os.sched_setaffinity(0, CORES[1:])
    yield
    if CORES:
        os.sched_setaffinity(0, CORES)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int) -> None:
    """Return once somebody listens on a port; raise TimeoutError after ten seconds."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise TimeoutError(f"Nobody listens on port {port}.")
