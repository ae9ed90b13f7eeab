"""Skipping is failing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SKIPS = {
    "by a mark": "import pytest\n@pytest.mark.skip(reason='why')\ndef test_it(): pass",
    "by a call": "import pytest\ndef test_it(): pytest.skip('why')",
    "of a module": "import pytest\npytest.skip('why', allow_module_level=True)",
    "for a missing module": "import pytest\npytest.importorskip('no_such_module', reason='why')",
    "in a fixture": (
        "import pytest\n@pytest.fixture\ndef it(): pytest.skip('why')\ndef test_it(it): pass"
    ),
}


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS.keys())
def test_a_skip_fails_the_run_and_says_why(source: str, tmp_path: Path) -> None:
    code, output = run_pytest(source, tmp_path)

    assert code != 0
    assert "why. No test may be skipped here" in output


def test_a_test_that_is_expected_to_fail_is_no_skip(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.xfail(strict=True)\ndef test_it(): assert False"

    assert run_pytest(source, tmp_path)[0] == 0


def test_without_the_plugin_a_skip_would_pass(tmp_path: Path) -> None:
    assert run_pytest(SKIPS["by a call"], tmp_path, plugin="pytest")[0] == 0


def run_pytest(
    source: str, directory: Path, plugin: str = "tests.no_silent_skips"
) -> tuple[int, str]:
    """Run pytest on a file of its own; return its exit code and output."""
    (directory / "test_sample.py").write_text(source)
    quiet = ("-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(directory))
    command = [sys.executable, "-m", "pytest", "-p", plugin, *quiet, str(directory)]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
