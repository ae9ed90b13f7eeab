"""`make run`: the shop and what works beside it, from start to Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from scripts.answers import answers, wait_for
from tests.processes import free_ports

SETTINGS = {
    "SECRET_KEY": "a key for tests that is long enough",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_x",
    "WEB_CONCURRENCY": "1",
    # Nothing answers there: what works beside the shop asks nobody, and goes on.
    "STRIPE_SANDBOX_URL": "http://127.0.0.1:9",
}


def test_it_runs_them_all_and_leaves_nothing_behind(clone: Path) -> None:
    [port] = free_ports(1)
    address = f"http://127.0.0.1:{port}/healthz"

    with running(clone, port) as process:
        assert wait_for(address, seconds=90), output_of(clone)
        children = psutil.Process(process.pid).children(recursive=True)
        for beside in ("work", "reconcile"):
            assert any(beside in child.cmdline() for child in children)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, output_of(clone)

    assert not answers(address)
    assert not any(child.is_running() for child in children)


def test_when_the_worker_ends_the_shop_ends_too_and_says_so(clone: Path) -> None:
    [port] = free_ports(1)

    with running(clone, port) as process:
        assert wait_for(f"http://127.0.0.1:{port}/healthz", seconds=90), output_of(clone)
        children = psutil.Process(process.pid).children(recursive=True)
        [child.kill() for child in children if "work" in child.cmdline()]
        assert process.wait(60) != 0

    assert "All was stopped because one of the processes was" in output_of(clone)
    assert not any(child.is_running() for child in children)


@contextmanager
def running(clone: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the shop from `clone` with the settings in its `.env`."""
    lines = [f"{name}={value}\n" for name, value in SETTINGS.items()]
    (clone / ".env").write_text("".join(lines))
    with (clone / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.run"],
            cwd=clone,
            env={"PATH": os.defpath, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def output_of(clone: Path) -> str:
    """Return everything that was printed."""
    return (clone / "output.txt").read_text()
