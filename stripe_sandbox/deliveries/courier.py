"""HTTP to the endpoints, over connections that are kept open."""

import select
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from stripe_sandbox.protocol.shapes import Json

Send = Callable[[str, dict[str, str], bytes], int | tuple[int, bytes]]
"""(URL, headers, body) → the status that was answered, or the status and the body."""

TIMEOUT = 10
_SHOWN = 1000
_MOST_READ = 64 * 1024
_kept = threading.local()


def answer_of(send: Send, to: str, headers: dict[str, str], body: bytes) -> Json:
    """Send once; return the status and the beginning of the answer, or what went wrong."""
    try:
        answer = send(to, headers, body)
    except Exception as error:
        return {"status": None, "answer": None, "error": type(error).__name__}
    status, text = answer if isinstance(answer, tuple) else (answer, b"")
    shown = text[:_SHOWN].decode("utf-8", "replace")
    return {"status": int(status), "answer": shown, "error": None}


def send_over_http(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """POST; return the status and the beginning of the body. Each thread keeps its connections.

    No proxy, no redirect. Raises OSError or HTTPException when there is no answer in time.
    """
    parts = urlsplit(url)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    key = (parts.scheme, parts.hostname or "", parts.port)
    connection = _connection(*key)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        start = answer.read(_MOST_READ)
    except BaseException:
        connection.close()
        raise
    if not answer.isclosed():
        connection.close()
    return answer.status, start


def _connection(scheme: str, host: str, port: int | None) -> HTTPConnection:
    """Return a connection that the other side has not closed, as far as one can see."""
    known: dict[object, HTTPConnection] = _kept.__dict__.setdefault("connections", {})
    kept = known.get((scheme, host, port))
    if kept is None:
        connect = HTTPSConnection if scheme == "https" else HTTPConnection
        kept = known[scheme, host, port] = connect(host, port, timeout=TIMEOUT)
    elif kept.sock and select.select([kept.sock], [], [], 0)[0]:
        kept.close()
    return kept
