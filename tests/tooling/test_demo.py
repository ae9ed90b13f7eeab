"""`make demo`, from start to Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.answers import answers
from tests.processes import free_ports


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_it_opens_alone_and_leaves_nothing_behind(
    clone: Path, request_to_stop: signal.Signals
) -> None:
    """A second one from the same folder is refused."""
    (clone / ".env").write_text("STRIPE_SECRET_KEY=sk_live_of_the_developer\n")
    port, sandbox_port = free_ports(2)

    with demo(clone, port, sandbox_port) as process:
        wait_until_open(clone, process, port)
        with demo(clone, *free_ports(2)) as second:
            assert second.wait(60) == 1
        process.send_signal(request_to_stop)

        assert process.wait(60) == 0
    assert "A demo is already running from this folder." in output_of(clone)
    assert not answers(f"http://127.0.0.1:{port}/healthz")
    assert not answers(f"http://127.0.0.1:{sandbox_port}/_sandbox/health")


@contextmanager
def demo(clone: Path, port: int, sandbox_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the demo from `clone` with a nearly empty environment."""
    with (clone / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.demo"],
            cwd=clone,
            env={"PATH": os.defpath, "PORT": str(port), "SANDBOX_PORT": str(sandbox_port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_until_open(clone: Path, process: subprocess.Popen[bytes], port: int) -> None:
    """Return once the demo has said that the shop is open; fail as soon as it can't any more."""
    for _ in range(900):
        if f"The shop is open at http://127.0.0.1:{port}" in output_of(clone):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"The demo didn't open. It printed:\n{output_of(clone)}")


def output_of(clone: Path) -> str:
    """Return everything that the demos of this clone have printed."""
    return (clone / "output.txt").read_text()
