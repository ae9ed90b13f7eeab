"""Whether a port is free, and whether a server answers on it."""

from __future__ import annotations

import socket
import sys
import time
from http import HTTPStatus
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

_direct = build_opener(ProxyHandler({}))  # no proxy stands between us and our own machine


def wait_for(url: str, *, seconds: float) -> bool:
    """Return True as soon as `url` answers 200, False when it hasn't within `seconds`."""
    deadline = time.monotonic() + seconds
    while not answers(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def answers(url: str) -> bool:
    """Return True when `url` answers 200."""
    try:
        with _direct.open(url, timeout=2) as response:
            return bool(response.status == HTTPStatus.OK)
    except (URLError, OSError):
        return False


def require_free(port: int, *, variable: str) -> None:
    """Leave with a sentence when something already listens on `port` of this machine.

    The shop's own sockets share their port (SO_REUSEPORT), so a second shop would start without
    an error and take half of the first one's visitors.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(
                f"Port {port} is in use. Stop what listens there, or choose another, "
                f"for example: {variable}={port + 1}"
            )
