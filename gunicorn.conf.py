"""How gunicorn serves the shop. Every setting that differs from gunicorn's default says why."""

from __future__ import annotations

import os
import re
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers import gthread

# The ids below /v1 open nothing without a key.
ORDER_TOKEN = re.compile(r"(?<!/v1)(/orders/)[^/]+")


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Logs paths without their query strings and without the tokens of orders.

    A return from Stripe carries a client secret in its query, and whoever knows an order's
    token can open it. The path is the one on the wire: a decoded one could hold a line break
    and forge a log line.
    """

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return what the access log may mention."""
        found: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        found["U"] = ORDER_TOKEN.sub(r"\1…", environ["RAW_URI"].partition("?")[0])
        return found


class Connection(gthread.TConn):  # type: ignore[misc]
    """Gives its thread back when nothing comes; gunicorn's own would hold it for much longer."""

    def wait_for_data(self, timeout: float) -> bool:
        """Wait for the first bytes, for a moment at most."""
        return bool(super().wait_for_data(min(timeout, SECONDS_TO_FIRST_BYTE)))


SECONDS_TO_FIRST_BYTE = 0.02
gthread.TConn = Connection

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"

# Checkouts spend their time waiting for Stripe, so threads count more than processes.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "16"))
# One listening socket for each worker: the kernel shares out connections evenly.
reuse_port = True
# `preload_app = True` would nearly halve a worker's memory. It is safe only while nothing
# opens a database connection or starts a thread before the fork.
preload_app = False

# A page asks for its order's status every 13 s at the slowest; a connection that closes
# in between meets the next request half-way and resets it.
keepalive = 30
# With live keys the shop refuses to start unless a call to Stripe fits into half of it.
timeout = int(os.environ.get("GUNICORN_TIMEOUT", "30"))
graceful_timeout = 20
# How long the rest of a body may take that nobody read, before its connection is closed although
# the answer said it stays open. On a busy machine even an empty rest takes tens of milliseconds.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 1.0

# Nobody manages a running shop through a socket.
control_socket_disable = True
# Trust no proxy's headers unless told which proxy.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "")
# `X_Forwarded_For` must not pass for `X-Forwarded-For`.
header_map = "drop"

logger_class = QuietLogger
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
accesslog = "-"
access_log_format = (
    "request=%({x-request-id}o)s method=%(m)s path=%(U)s status=%(s)s bytes=%(B)s ms=%(M)s"
)


def on_starting(server: Any) -> None:
    """Tell the shop among how many workers what it counts in memory is shared."""
    os.environ["WEB_CONCURRENCY"] = str(server.cfg.workers)
