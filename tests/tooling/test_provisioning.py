"""The browser is found or asked for; PostgreSQL starts once, serves fresh databases, and ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scripts.demo_environment import ROOT
from tests.browser import NoBrowserError, chromium_path

USES_POSTGRES = """
import pathlib, psycopg, pytest

def prepare(url):
    with open("prepared", "a") as file:
        file.write("once ")
    connect(url).execute("CREATE TABLE seen (x int)")

def connect(url):
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

@pytest.mark.parametrize("turn", range(4))
def test_each_gets_an_empty_copy(postgres, turn):
    pathlib.Path("pid").write_text((postgres.run_directory / "data/postmaster.pid").read_text())
    postgres.template("ours", prepare)
    with postgres.database("ours") as url:
        with connect(url) as connection:
            connection.execute("INSERT INTO seen VALUES (1)")
            assert connection.execute("SELECT count(*) FROM seen").fetchone() == (1,)
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_one_postgres_serves_the_whole_run_and_ends_with_it(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_sample.py").write_text(USES_POSTGRES)
    quiet = ("-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path))
    plugins = ("-p", "xdist.plugin", "-p", "tests.postgres")
    command = ["-m", "pytest", *plugins, *quiet, "-n", workers, "test_sample.py"]

    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert (tmp_path / "prepared").read_text() == "once "
    pid, data, *_ = (tmp_path / "pid").read_text().splitlines()
    assert not is_running(int(pid))
    assert not Path(data).exists()


def test_a_chosen_browser_that_is_not_there_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")

    with pytest.raises(NoBrowserError, match="set CHROMIUM to the path of a Chromium or Chrome"):
        chromium_path()


def test_a_chosen_browser_goes_before_the_one_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("chosen", "chromium"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    monkeypatch.delenv("CHROMIUM", raising=False)
    assert chromium_path() == str(tmp_path / "chromium")
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "chosen"))
    assert chromium_path() == str(tmp_path / "chosen")


def is_running(pid: int) -> bool:
    """Return True while the process lives; one that waits to be reaped has ended."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
