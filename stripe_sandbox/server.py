"""HTTP/1.1 with keep-alive for a WSGI application: one thread a connection, loopback only."""

import io
import socket
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import unquote

from stripe_sandbox.faults import SandboxFault

HOST = "127.0.0.1"
LARGEST_BODY = 1024 * 1024
_HANG = 60.0
_LONGEST_LINE = 65536
_MOST_HEADERS = 100
_OURS = {"content-length", "connection"}

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Server(ThreadingHTTPServer):
    """Serves `app` until `shutdown`. Raises OSError when the port is taken."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: Application, port: int) -> None:
        self.app = app
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about a browser that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    raw_requestline: bytes
    sent: dict[str, str]
    """The request's headers, by their names in lower case."""
    timeout = 75

    def do_GET(self) -> None:
        """Answer any verb."""
        body = self._body()
        if body is None:
            return
        answer: list[Any] = []
        try:
            app = cast("Server", self.server).app
            chunks = app(self._environ(body), lambda *status: answer.extend(status[:2]))
            if answer[0].startswith("101"):
                self.close_connection = True  # a WebSocket, which was served and is over
            else:
                self._respond(answer[0], answer[1], b"".join(chunks))
        except SandboxFault as fault:
            self._misbehave(fault)

    do_POST = do_DELETE = do_HEAD = do_OPTIONS = do_PUT = do_PATCH = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Log nothing: the application does, without query strings."""

    def parse_request(self) -> bool:
        """Read the request's head; answer and return False for one that can't be read.

        The library's own parser is written for e-mail and takes longer than the rest of a request.
        """
        self.close_connection = True
        self.command, self.request_version = "GET", "HTTP/1.1"
        words = self.raw_requestline.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004
            self._refuse("400 Bad Request")
            return False
        self.command, self.path, self.request_version = words
        heads = self._heads()
        if heads is None or not hasattr(self, f"do_{self.command}"):
            self._refuse("400 Bad Request" if heads is None else "501 Not Implemented")
            return False
        self.sent = heads
        connection = self.sent.get("connection", "").lower()
        is_modern = self.request_version != "HTTP/1.0"
        self.close_connection = connection == "close" if is_modern else connection != "keep-alive"
        if self.sent.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        return True

    def _heads(self) -> dict[str, str] | None:
        """Return the headers by their names in lower case, repeated ones joined."""
        sent: dict[str, str] = {}
        for _ in range(_MOST_HEADERS):
            line = self.rfile.readline(_LONGEST_LINE + 1)
            if line in {b"\r\n", b"\n"}:
                return sent
            name, colon, value = line.decode("latin-1").partition(":")
            if len(line) > _LONGEST_LINE or not colon or name != name.strip() or not name:
                return None
            name, value = name.lower(), value.strip()
            sent[name] = f"{sent[name]},{value}" if name in sent else value
        return None

    def _body(self) -> bytes | None:
        """Return the request's body; answer and return None when it can't be taken."""
        length = self.sent.get("content-length", "0")
        if "transfer-encoding" in self.sent:
            self._refuse("411 Length Required")
        elif not (length.isascii() and length.isdecimal()):
            self._refuse("400 Bad Request")
        elif int(length) > LARGEST_BODY:
            self._refuse("413 Content Too Large")
        else:
            return self.rfile.read(int(length))
        return None

    def _refuse(self, status: str) -> None:
        self.close_connection = True
        self._respond(status, [("Content-Type", "text/plain")], status.encode())

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.sent.get("content-type", ""),
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "REMOTE_ADDR": self.client_address[0],
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(cast("Server", self.server).server_port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "werkzeug.socket": self.connection,  # where simple-websocket looks for it
            "wsgi.errors": io.StringIO(),
            "wsgi.input": io.BytesIO(body),
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
        }
        for name, value in self.sent.items():
            if "_" not in name and not name.startswith("content-"):
                environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return environ

    def _respond(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        lines = [f"HTTP/1.1 {code} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _OURS]
        if int(code) not in {204, 304}:
            lines.append(f"Content-Length: {len(body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + body)
        self.wfile.flush()

    def _misbehave(self, fault: SandboxFault) -> None:
        """Hang until the caller gives up, or cut the connection; never answer."""
        self.close_connection = True
        if fault.kind != "reset":
            self.connection.settimeout(_HANG)
            try:
                self.connection.recv(1)
            except OSError:
                return
