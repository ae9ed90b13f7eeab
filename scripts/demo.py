"""Run the shop and the Stripe sandbox together until Ctrl-C. `make demo` calls this.

Everything the demo keeps lives in `var/`; `make reset` removes it.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
from typing import TextIO

from honcho.environ import parse_procfile

from scripts.answers import require_free, wait_for
from scripts.demo_environment import ROOT, VAR, demo_environment, ports
from scripts.together import run_together


def main() -> int:
    """Prepare the database, start both processes and stop them together."""
    os.chdir(ROOT)
    port, sandbox_port = ports()
    require_free(port, variable="PORT")
    require_free(sandbox_port, variable="SANDBOX_PORT")
    environment = demo_environment(port=port, sandbox_port=sandbox_port)
    with only_demo_here():
        prepare_database(environment)
        shop_url = environment["PUBLIC_BASE_URL"]
        sandbox_url = environment["STRIPE_SANDBOX_URL"]
        multiprocessing.Process(target=announce, args=(shop_url, sandbox_url), daemon=True).start()
        return run_together(parse_procfile((ROOT / "Procfile").read_text()).processes, environment)


def prepare_database(environment: dict[str, str]) -> None:
    """Migrate and seed; both leave data alone that is already there."""
    for command in ("db upgrade", "seed"):
        flask = [sys.executable, "-m", "flask", *command.split()]
        if subprocess.run(flask, env=environment, check=False).returncode:
            sys.exit(
                f'"flask {command}" failed; the lines above say why. "make reset" starts over.'
            )


def announce(shop_url: str, sandbox_url: str) -> None:
    """Say where to look, once both answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    if wait_for(f"{sandbox_url}/_sandbox/health", seconds=30) and wait_for(
        f"{shop_url}/readyz", seconds=30
    ):
        print(f"\n  The shop is open at {shop_url}\n  Ctrl-C stops it.\n", flush=True)
    else:
        print("\n  The demo doesn't answer yet; the lines above may say why.\n", flush=True)


def only_demo_here() -> TextIO:
    """Return a lock on `var/`; leaves with a sentence when another demo holds it."""
    lock = (VAR / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("A demo is already running from this folder. Stop it first.")
    return lock


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
