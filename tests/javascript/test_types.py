"""Our JavaScript calls Stripe.js as its types allow, and the stand-in is a part of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.javascript import node
from tests.javascript.node import ROOT, tsc

WRONG = Path(__file__).parent / "wrong"
COMPLAINT = re.compile(r"^\S*?calls\.js\((\d+),\d+\): error TS\d+", re.MULTILINE)


def test_page_script_and_stand_in_agree_with_the_types_of_stripe_js() -> None:
    done = tsc(ROOT / "tsconfig.json")

    assert done.returncode == 0, done.stdout


def test_every_script_is_checked() -> None:
    listed = node.run(
        "node",
        str(ROOT / "node_modules" / "typescript" / "bin" / "tsc"),
        *("--project", str(ROOT / "tsconfig.json"), "--listFilesOnly"),
    ).stdout.splitlines()
    ours = [*ROOT.glob("static/*.js"), *(ROOT / "stripe_sandbox" / "static").rglob("*.js")]

    missing = {str(path) for path in ours if not path.name.endswith(".min.js")} - set(listed)
    assert len(ours) > 5
    assert missing == set()


def test_wrong_calls_are_refused_and_right_ones_are_not() -> None:
    done = tsc(WRONG / "tsconfig.json")
    lines = (WRONG / "calls.js").read_text().splitlines()
    expected = [number for number, line in enumerate(lines, 1) if line.endswith("// refused")]

    assert len(expected) >= 8
    assert sorted({int(line) for line in COMPLAINT.findall(done.stdout)}) == expected, done.stdout


def test_the_lock_file_names_no_host_and_pins_exact_versions() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    package = (ROOT / "package.json").read_text()

    assert "resolved" not in lock
    assert "://" not in lock
    assert not re.search(r'": "[\^~*]', package)


def test_an_old_node_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v18.0.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert node.node_folder() != tmp_path
