"""`python -m stripe_sandbox`: the sandbox as a program, on 127.0.0.1."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from stripe_sandbox.app import create_sandbox, sandbox_of, start, stop
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.resources.webhook_endpoints import secret_of
from stripe_sandbox.server import HOST, Server


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        app = create_sandbox(
            seed=asked.seed,
            state_file=asked.state,
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
    stop(app)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stripe_sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=4242)
    parser.add_argument("--webhook", action="append", default=[], metavar="URL")
    parser.add_argument("--seed", type=int, help="make ids the same every time")
    parser.add_argument("--state", type=Path, metavar="FILE", help="remember across restarts")
    return parser


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
