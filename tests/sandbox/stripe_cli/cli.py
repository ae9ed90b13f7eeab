"""Stripe's own command-line program, kept away from the network and from its user's settings."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import stripe
from flask import Flask

from stripe_sandbox.app import create_sandbox, sandbox_of, stop
from stripe_sandbox.sandbox import Sandbox
from tests.javascript.node import ROOT, install_packages
from tests.sandbox.served import Receiver, receiving, served

NO_PROXY_LISTENS_HERE = "http://127.0.0.1:9"
# Werkzeug parses code while it builds an application's routes, and CPython 3.11 now and then fails
# to do that in several threads at once: "AST constructor recursion depth mismatch".
ONE_BUILDS = threading.Lock()


class StripeCli:
    """The program against one sandbox: `run` a command, or have it `listen`."""

    def __init__(self, app: Flask, home: Path) -> None:
        install_packages()
        self.sandbox: Sandbox = sandbox_of(app)
        self.receiver: Receiver
        self._program = next(ROOT.glob("node_modules/@stripe/cli-*/bin/stripe*"))
        self._base = self.sandbox.public_url.replace("localhost", "127.0.0.1")
        self._environment = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "HTTPS_PROXY": NO_PROXY_LISTENS_HERE,
            "PATH": os.environ["PATH"],
            "STRIPE_API_KEY": "sk_test_51NoAccount",
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [self._program, *arguments, "--api-base", self._base],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=30,
        )

    def json(self, *arguments: str) -> Any:
        """Run a command that prints one JSON object."""
        return json.loads(self.run(*arguments).stdout)

    @contextmanager
    def listening(self, *options: str) -> Iterator[Listening]:
        """Run `stripe listen`, all events unless `options` say otherwise, while the block lasts."""
        what = options or ("--all-snapshot",)
        process = subprocess.Popen(
            [self._program, "listen", "--skip-update", *what, "--api-base", self._base],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        listening = Listening(process)
        try:
            listening.wait_until("Ready!")
            yield listening
        finally:
            process.kill()
            process.wait()


class Listening:
    """A running `stripe listen`, and what it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._printed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def secret(self) -> str:
        """The signing secret that it says its webhooks have."""
        words = " ".join(self.lines).split()
        return next(word for word in words if word.startswith("whsec_"))

    def wait_until(self, words: str, seconds: float = 15) -> None:
        """Return once it has printed `words`; fail with all that it printed instead."""
        with self._printed:
            done = self._printed.wait_for(
                lambda: any(words in line for line in self.lines), seconds
            )
        assert done, f"stripe listen never said {words!r}:\n" + "".join(self.lines)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._printed:
                self.lines.append(line)
                self._printed.notify_all()


@contextmanager
def stripe_cli(**settings: Any) -> Iterator[StripeCli]:
    """Serve a sandbox, and a receiver that `listen --forward-to` can name, and hand out the CLI."""
    with ExitStack() as stack:
        with ONE_BUILDS:
            app = create_sandbox(threaded=True, **settings)
        stack.enter_context(served(app))
        stack.callback(stop, app)
        cli = StripeCli(app, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        cli.receiver = stack.enter_context(receiving())
        yield cli


def verified(receiver: Receiver, secret: str) -> list[str]:
    """Return the types of the events that came; raise unless each is signed by this secret."""
    for headers, body in list(receiver.requests):
        signature = headers["Stripe-Signature"]
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, 300)
    return [json.loads(body)["type"] for _, body in receiver.requests]


def eventually(is_true: Callable[[], bool], seconds: float = 15) -> None:
    """Return once a claim holds; fail when it never does."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "It never came true."
        time.sleep(0.01)
