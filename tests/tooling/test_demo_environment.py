"""The demo's settings come from nowhere else."""

from __future__ import annotations

import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.demo_environment import ROOT, demo_environment


def test_the_callers_stripe_account_stays_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STRIPE_SECRET_KEY", "DATABASE_URL", "GUNICORN_CMD_ARGS", "SECRET_KEY_FALLBACKS"):
        monkeypatch.setenv(name, "the caller's")

    found = demo_environment(port=8000, sandbox_port=4242, var=tmp_path)

    assert "the caller's" not in found.values()
    assert found["STRIPE_SECRET_KEY"].startswith("sk_test_")
    assert found["FLASK_SKIP_DOTENV"] == "1"


def test_the_secret_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first, second = (demo_environment(port=1, sandbox_port=2, var=tmp_path) for _ in range(2))

    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_port_in_use_is_said_in_a_sentence(variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output = start_demo({variable: str(port)})

    assert code == 1
    assert output.startswith(f"Port {port} is in use.")
    assert "Traceback" not in output


@pytest.mark.parametrize("absurd", ["", "abc", "0", "65536", "-1", "８０８０"])
def test_an_absurd_port_is_said_in_a_sentence(absurd: str) -> None:
    code, output = start_demo({"PORT": absurd})

    assert (code, output) == (1, f"PORT is {absurd!r}; it must be a port number, such as 8000.\n")


def test_one_port_for_both_is_said_in_a_sentence() -> None:
    assert start_demo({"PORT": "4242"})[1].startswith("PORT and SANDBOX_PORT are both 4242.")


def start_demo(environment: dict[str, str]) -> tuple[int, str]:
    """Start the demo with nothing but this environment; return its exit code and output."""
    command = [sys.executable, "-m", "scripts.demo"]
    quiet = {"PYTHONUTF8": "1", **environment}
    done = subprocess.run(
        command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False, timeout=30
    )
    return done.returncode, done.stdout + done.stderr
