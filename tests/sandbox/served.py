"""A sandbox behind a socket, in this process, and a program of a shop's that takes its webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from typing import Any

from flask import Flask

from stripe_sandbox.app import sandbox_of
from stripe_sandbox.server import Server


@contextmanager
def served(app: Flask) -> Iterator[Flask]:
    """Answer at the sandbox's `public_url` while the block lasts."""
    server = Server(app, 0)
    sandbox_of(app).public_url = f"http://localhost:{server.server_port}"
    with running(server):
        yield app


class Receiver:
    """A webhook endpoint: keeps what it is sent, and answers `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._arrived = threading.Condition()
        self.url = ""

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self._arrived:
            self.requests.append((headers, body))
            self._arrived.notify_all()
        return self.status

    def wait_for(self, count: int, seconds: float = 15) -> list[dict[str, Any]]:
        """Return the events that came, once there are `count` of them or time is up."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.requests) >= count, seconds)
            return [json.loads(body) for _, body in self.requests]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a webhook endpoint at `url` while the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(dict(self.headers), body))
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"taken")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhook"
    with running(server):
        yield receiver


@contextmanager
def running(server: BaseServer) -> Iterator[None]:
    """Let a server answer from a thread while the block lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
