"""The sandbox's HTTP server, byte by byte: what it takes, what it refuses, when it hangs up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stripe_sandbox.server import Server

Talk = Callable[..., str]


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with what the application was handed."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Connection", "keep-alive")])
    asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("HTTP_X_SAID"))
    body = environ["wsgi.input"].read().decode()
    return [f"{asked} {environ['CONTENT_TYPE']} {environ['QUERY_STRING']} {body};".encode()]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server(echo, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def talk(server: Server) -> Talk:
    """Send bytes, and no more after them; return all that comes back."""

    def said(text: str) -> str:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as connection:
            connection.sendall(text.encode("latin-1"))
            connection.shutdown(socket.SHUT_WR)
            heard = b""
            while chunk := connection.recv(65536):
                heard += chunk
        return heard.decode()

    return said


def test_requests_that_are_sent_at_once_are_answered_one_by_one(talk: Talk) -> None:
    first = "POST /a%20b?c=d HTTP/1.1\r\nContent-Type: x/y\r\ncontent-length: 2\r\n\r\nhi"
    second = "GET /2 HTTP/1.1\r\nX-Said: a\r\nx-said:  b \r\nX_Said: forged\r\n\r\n"

    heard = talk(first + second)

    assert "('POST', '/a b', None) x/y c=d hi;" in heard
    assert "('GET', '/2', 'a,b')" in heard
    assert heard.count("HTTP/1.1 200 OK\r\n") == 2
    assert "Connection:" not in heard


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /", "400 Bad Request"),
        ("GET / HTTP/2.0", "400 Bad Request"),
        ("\x00\x01\x02", "400 Bad Request"),
        ("BREW / HTTP/1.1", "501 Not Implemented"),
        ("GET / HTTP/1.1\r\nno colon", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nA : space", "400 Bad Request"),
        ("GET / HTTP/1.1\r\nA: b\r\n folded", "400 Bad Request"),
        ("GET / HTTP/1.1\r\n" + "\r\n".join(f"a{n}: b" for n in range(101)), "400 Bad Request"),
        ("GET / HTTP/1.1\r\nA: " + "b" * 70000, "400 Bad Request"),
        ("POST / HTTP/1.1\r\nContent-Length: -1", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked", "411 Length Required"),
        ("POST / HTTP/1.1\r\nContent-Length: 1048577", "413 Content Too Large"),
    ],
)
def test_what_cannot_be_read_is_refused_and_hung_up_on(talk: Talk, line: str, status: str) -> None:
    heard = talk(f"{line}\r\n\r\nGET / HTTP/1.1\r\n\r\n")

    assert heard.startswith(f"HTTP/1.1 {status}\r\n")
    assert "Connection: close" in heard
    assert heard.count("HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "request_", ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"]
)
def test_who_wants_one_answer_gets_one(talk: Talk, request_: str) -> None:
    heard = talk(request_ + "GET / HTTP/1.1\r\n\r\n")

    assert heard.count("HTTP/1.1 200 OK") == 1
    assert "Connection: close" in heard


def test_a_body_is_asked_for_when_the_caller_waits(talk: Talk) -> None:
    head = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"

    assert talk(f"{head}hi").startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_a_head_has_a_length_and_no_body(talk: Talk) -> None:
    heard = talk("HEAD / HTTP/1.1\r\n\r\n")

    assert heard.endswith("\r\n\r\n")
    assert "Content-Length: 0" not in heard
