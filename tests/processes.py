"""The shop and the sandbox as the demo runs them, for tests that need real processes.

with LiveShop(tmp_path) as shop:
    page.goto(shop.url)
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from honcho.environ import parse_procfile

from scripts.answers import wait_for
from scripts.demo_environment import ROOT, demo_environment

COMMANDS: Mapping[str, str] = parse_procfile((ROOT / "Procfile").read_text()).processes


class LiveShop:
    """Both processes of the Procfile on free ports, with a migrated and seeded database.

    Everything lies in `directory`: the database, the sandbox's state, `shop.log`, `sandbox.log`.
    Each process can be stopped and started again on its own; both keep their port and data.
    """

    def __init__(
        self,
        directory: Path,
        *,
        database_url: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the shop; nothing runs yet. `settings` are added to the demo's."""
        port, sandbox_port = free_ports(2)
        environment = demo_environment(port=port, sandbox_port=sandbox_port, var=directory)
        if database_url:
            environment["DATABASE_URL"] = database_url
        self.environment = environment | dict(settings or {})
        self.url = environment["PUBLIC_BASE_URL"]
        self.sandbox_url = environment["STRIPE_SANDBOX_URL"]
        self.database_url = environment["DATABASE_URL"]
        self.sandbox = Server("sandbox", directory, f"{self.sandbox_url}/_sandbox/health")
        self.shop = Server("shop", directory, f"{self.url}/readyz")

    def start(self) -> Self:
        """Migrate, seed and start both; returns once both answer."""
        run_flask("db", "upgrade", environment=self.environment)
        run_flask("seed", environment=self.environment)
        self.sandbox.start(self.environment)
        self.shop.start(self.environment)
        return self

    def stop(self) -> None:
        """Stop both, whatever state they are in."""
        self.shop.stop()
        self.sandbox.stop()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()


@dataclass(slots=True)
class Server:
    """One process of the Procfile, in a process group of its own, its output in `<name>.log`."""

    name: str
    directory: Path
    health_url: str
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> str:
        """Everything the process has printed so far, earlier runs included."""
        path = self.directory / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self, environment: Mapping[str, str]) -> None:
        """Start the process and wait until it answers; an error shows what it printed."""
        with (self.directory / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {COMMANDS[self.name]}"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if not wait_for(self.health_url, seconds=60):
            self.stop()
            raise RuntimeError(f"The {self.name} doesn't answer. It printed:\n{self.log[-4000:]}")

    def stop(self) -> None:
        """Ask the process and its children to end; after some seconds, end them."""
        for request, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 10)):
            if self.process is None or self._has_ended(request, patience):
                break
        self.process = None

    def kill(self) -> None:
        """End the process and its children at once, as a crash would."""
        if self.process is not None:
            self._has_ended(signal.SIGKILL, patience=10)
        self.process = None

    def _has_ended(self, request: signal.Signals, patience: float) -> bool:
        assert self.process is not None
        try:
            os.killpg(self.process.pid, request)
            self.process.wait(patience)
        except ProcessLookupError:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return False
        return True


def migrate(database_url: str) -> None:
    """Apply every migration to the database at `database_url`."""
    with tempfile.TemporaryDirectory() as directory:
        port, sandbox_port = free_ports(2)
        environment = demo_environment(port=port, sandbox_port=sandbox_port, var=Path(directory))
        run_flask("db", "upgrade", environment=environment | {"DATABASE_URL": database_url})


def run_flask(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run a flask command and return what it printed; an error shows it."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"flask {' '.join(arguments)} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on.

    They come from below the range that the system hands to outgoing connections, and are drawn at
    random, so that test workers don't meet: two shops on one port would share it silently.
    """
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
