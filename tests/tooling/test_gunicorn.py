"""What gunicorn.conf.py promises, asked of a running gunicorn with a tiny application."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.answers import wait_for
from scripts.demo_environment import ROOT
from tests.processes import free_ports

APPLICATION = """
import json
import os
def app(environ, start_response):
    headers = [("Content-Type", "application/json"), ("X-Request-ID", "req_1")]
    start_response("200 OK", headers)
    shown = {name: value for name, value in [*environ.items(), *os.environ.items()]
             if isinstance(value, str)}
    return [json.dumps(shown).encode()]
"""


class Running:
    """A gunicorn of one worker and two threads, with its log and its home in `directory`."""

    def __init__(self, directory: Path) -> None:
        (directory / "tiny.py").write_text(APPLICATION)
        self.directory = directory
        self.port = free_ports(1)[0]
        program = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
        with (directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*program, "--workers", "1", "--chdir", str(directory), "tiny:app"],
                env={
                    "PATH": os.defpath,
                    "HOME": str(directory),
                    "PORT": str(self.port),
                    "THREADS": "2",
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def get(self, path: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        """Ask for `path`; gives up after twenty seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse()

    def stop(self) -> str:
        """Stop it and return its log."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        return (self.directory / "log").read_text()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    assert wait_for(f"http://127.0.0.1:{running.port}/", seconds=20)
    yield running
    running.process.kill()
    running.process.wait()


def test_the_log_holds_no_query_string_no_order_token_and_no_forged_line(server: Running) -> None:
    """WS-18, WS-19."""
    server.get("/return?payment_intent_client_secret=pi_1_secret_2")
    server.get("/orders/tok3n/status?x=1")
    server.get("/a%0Aforged%20line")
    server.get("/v1/orders/order_1")

    log = server.stop()

    assert "request=req_1 method=GET path=/return status=200" in log
    assert "path=/v1/orders/order_1 status=200" in log
    assert "path=/orders/…/status status=200" in log
    assert "path=/a%0Aforged%20line status=200" in log
    assert "secret" not in log
    assert "tok3n" not in log


def test_silent_connections_do_not_hold_its_threads(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))

        assert server.get("/").status == 200


def test_a_connection_that_was_promised_to_stay_open_does(server: Running) -> None:
    """Although the application answers before it has seen the body, which dawdles."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for _ in range(2):
            connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert answer.read()
            assert answer.headers["Connection"] == "keep-alive"
            time.sleep(0.1)
            connection.sendall(b"xx")


def test_it_opens_no_control_socket_and_tells_no_version(server: Running) -> None:
    """WS-28."""
    response = server.get("/")

    assert response.headers["Server"] == "gunicorn"
    assert "Control socket" not in server.stop()


def test_headers_that_only_a_proxy_may_send_are_not_believed(server: Running) -> None:
    """WS-22."""
    forged = {"X-Forwarded-Proto": "https", "SCRIPT_NAME": "/evil", "X_Forwarded_For": "1.2.3.4"}

    found = json.loads(server.get("/", forged).read())

    assert (found["wsgi.url_scheme"], found["SCRIPT_NAME"]) == ("http", "")
    assert "HTTP_X_FORWARDED_FOR" not in found


def test_the_application_knows_how_many_workers_there_are(server: Running) -> None:
    """Whatever said so, the environment or the command line."""
    assert json.loads(server.get("/").read())["WEB_CONCURRENCY"] == "1"


def test_a_kept_connection_outlives_the_slowest_poll(server: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/")
    connection.getresponse().read()
    kept = connection.sock

    kept.settimeout(3)  # gunicorn's default would have closed it by then
    with pytest.raises(TimeoutError):
        kept.recv(1)
