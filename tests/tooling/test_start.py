"""A start with a setting that is wrong or missing: one sentence, and the program ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scripts.demo_environment import ROOT
from tests.processes import free_ports

SENTENCE = "SECRET_KEY is not set. It signs cookies."


@pytest.mark.parametrize(
    "program", [["gunicorn", "wsgi:app"], ["flask", "db", "upgrade"], ["flask", "work"]], ids=str
)
def test_a_missing_setting_is_said_in_a_sentence(program: list[str]) -> None:
    environment = {
        "PATH": os.defpath,
        "PORT": str(free_ports(1)[0]),
        "WEB_CONCURRENCY": "1",
        "FLASK_SKIP_DOTENV": "1",
    }

    done = subprocess.run(
        [sys.executable, "-m", *program],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip

    assert done.returncode != 0
    assert done.stderr.count(SENTENCE) == 1
    assert "Traceback" not in done.stderr
