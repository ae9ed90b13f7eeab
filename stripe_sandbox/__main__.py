"""`python -m stripe_sandbox`: the sandbox as a program, on 127.0.0.1."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from stripe_sandbox.app import create_sandbox, sandbox_of, start, stop
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.resources.webhook_endpoints import secret_of
from stripe_sandbox.rules import MOST_SECONDS
from stripe_sandbox.sandbox import KEEP_EVENTS, SETTLE_AFTER
from stripe_sandbox.server import HOST, Server


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        app = create_sandbox(
            seed=asked.seed,
            state_file=asked.state,
            retry_factor=asked.retry_factor,
            settle_after=asked.settle_after,
            keep_events=asked.keep_events,
            deliveries_at_once=asked.deliveries_at_once,
            public_url=f"http://localhost:{asked.port}",
        )
        server = Server(app, asked.port)
    except (OSError, ValueError) as error:
        return _say(error, asked.port)
    try:
        for url in asked.webhook:
            secret = secret_of(sandbox_of(app), url)
            logging.info("%s gets every event. STRIPE_WEBHOOK_SECRET=%s", url, secret)
    except StripeError as error:
        return _say(error, asked.port)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: threading.Thread(target=server.shutdown).start())
    start(app)
    logging.info("The Stripe sandbox (not Stripe) answers at http://localhost:%s", asked.port)
    server.serve_forever(poll_interval=0.1)
    try:
        stop(app)
    except OSError as error:
        sys.stderr.write(f"The sandbox could not save its memory to {asked.state}: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "The Stripe sandbox: a stand-in for Stripe, on 127.0.0.1 only. It is not Stripe."
    parser = argparse.ArgumentParser(
        prog="python -m stripe_sandbox",
        description=about,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    for name, kind, default, metavar, explained in _OPTIONS:
        parser.add_argument(name, type=kind, default=default, metavar=metavar, help=explained)
    parser.add_argument(
        "--webhook",
        action="append",
        default=[],
        metavar="URL",
        help="send every event here; may be given more than once",
    )
    return parser


def _from(least: int, most: int, kind: type[int | float] = int) -> Callable[[str], int | float]:
    """Return a reader of numbers in these bounds."""

    def read(text: str) -> int | float:
        with suppress(ValueError):
            if least <= (value := kind(text)) <= most:
                return value
        what = "whole number" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"a {what} from {least} to {most} is needed")

    return read


_MANY = 10**9
_OPTIONS: list[tuple[str, Callable[[str], Any], Any, str, str]] = [
    ("--port", _from(1, 65535), 4242, "N", "where it listens"),
    ("--seed", int, None, "N", "make ids and chance the same in every run"),
    ("--state", Path, None, "FILE", "remember across restarts"),
    ("--keep-events", _from(1, _MANY), KEEP_EVENTS, "N", "forget older events and purchases"),
    (
        "--retry-factor",
        _from(0, 1000, float),
        1.0,
        "X",
        "stretch the back-off of deliveries: 0.01 is quick",
    ),
    ("--deliveries-at-once", _from(1, 1000), 1, "N", "to one endpoint; from 2 on, out of order"),
    (
        "--settle-after",
        _from(0, MOST_SECONDS, float),
        SETTLE_AFTER,
        "SECONDS",
        "how long a debit takes",
    ),
]


def _say(error: Exception, port: int) -> int:
    sentence = str(error)
    if isinstance(error, OSError):
        sentence = (
            f"The sandbox cannot listen on {HOST}:{port}: {error.strerror}. "
            "Stop what uses the port, or choose another one with --port (make: SANDBOX_PORT)."
        )
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
