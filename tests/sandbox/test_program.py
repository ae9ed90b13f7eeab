"""`python -m stripe_sandbox`: the server, its memory on disk, and how it begins and ends."""

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from stripe_sandbox.__main__ import main
from stripe_sandbox.app import create_sandbox, sandbox_of, stop

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer sk_test_x"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def program(port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the sandbox; it answers by the time the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stripe_sandbox", "--port", str(port), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        while line and "answers at" not in line:
            line = process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: str = ""
) -> tuple[int, dict[str, object]]:
    connection.request(method, path, body, FORM)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"{}")


def test_it_remembers_across_a_restart(tmp_path: Path) -> None:
    port, state = free_port(), str(tmp_path / "var" / "state.json")
    with program(port, "--state", state) as first:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        _, intent = ask(connection, "POST", "/v1/payment_intents", "amount=1000&currency=usd")
        first.send_signal(signal.SIGTERM)
        assert first.wait(30) == 0

    with program(port, "--state", state):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        status, known = ask(connection, "GET", f"/v1/payment_intents/{intent['id']}")

    assert (status, known) == (200, intent)
    assert Path(state).stat().st_mode & 0o077 == 0


def test_one_connection_carries_many_requests_and_any_verb(tmp_path: Path) -> None:
    port = free_port()
    with program(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        used = connection.sock
        answers = [
            ask(connection, "GET", "/_sandbox/health"),
            ask(connection, "POST", "/v1/payment_intents", "amount=1000&currency=usd"),
            ask(connection, "GET", "/v1/nonsense"),
            ask(connection, "DELETE", "/v1/webhook_endpoints/we_x"),
        ]

        assert [status for status, _ in answers] == [200, 200, 404, 404]
        assert connection.sock is used
        connection.putrequest("POST", "/v1/refunds")
        for name, value in {**FORM, "Content-Length": str(1024 * 1024 + 1)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == 413


@pytest.mark.parametrize("kind", ["reset", "timeout_after"])
def test_faults_over_a_socket_give_no_answer(kind: str) -> None:
    port = free_port()
    with program(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        fault = json.dumps({"path": "/v1/events", "kind": kind})
        connection.request("POST", "/_sandbox/rules", fault, {"Content-Type": "application/json"})
        connection.getresponse().read()

        expected = http.client.RemoteDisconnected
        if kind == "timeout_after":
            expected, connection.timeout = TimeoutError, 0.5
            connection.close()
        with pytest.raises(expected):
            ask(connection, "GET", "/v1/events")


def test_a_taken_port_is_a_sentence_and_exit_code_1() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "stripe_sandbox", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "option",
    [
        ("--port", "99999"),
        ("--port", "0"),
        ("--retry-factor", "nan"),
        ("--retry-factor", "-1"),
        ("--settle-after", "-3"),
        ("--settle-after", "inf"),
        ("--keep-events", "0"),
        ("--deliveries-at-once", "x"),
    ],
)
def test_a_number_out_of_bounds_is_refused(
    option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["=".join(option)])

    assert ended.value.code == 2
    assert f"argument {option[0]}: a " in capsys.readouterr().err


def test_it_starts_quickly() -> None:
    """Of the CPU's time, so that a busy machine can't fail it."""
    with program(free_port()) as process:
        assert sum(psutil.Process(process.pid).cpu_times()[:2]) < 1


def test_a_state_file_of_something_else_is_named(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("[]")

    with pytest.raises(ValueError, match=str(state)):
        create_sandbox(state_file=state)


def test_a_state_file_of_an_older_sandbox_is_understood(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    older = {"id": "whd_1", "event": "evt_1", "state": "pending", "attempts": [], "created": 1}
    state.write_text(json.dumps({"tables": {}, "deliveries": {"whd_1": older}, "is_held": True}))

    sandbox = sandbox_of(create_sandbox(state_file=state))

    assert sandbox.deliveries.all() == sandbox.deliveries.drain() == []
    assert sandbox.state.is_held


def test_a_request_in_flight_at_the_end_does_not_block_its_key(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    app = create_sandbox(state_file=state)
    sandbox = sandbox_of(app)
    sandbox.state.idempotency["k"] = {"at": sandbox.time(), "fingerprint": "", "request": "req_x"}
    sandbox.changes += 1
    stop(app)

    assert sandbox_of(create_sandbox(state_file=state)).state.idempotency == {}
