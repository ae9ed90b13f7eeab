"""Turns every skipped test into a failure: a test that doesn't run proves nothing.

Load it in `tests/conftest.py` with `pytest_plugins = ["tests.no_silent_skips"]`. A test that
is expected to fail (xfail) still runs, so it stays what it is.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

SENTENCE = "Skipped: {reason}. No test may be skipped here: provide what it needs, or remove it."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skips itself, or that a mark skips."""
    report = yield
    return report if hasattr(report, "wasxfail") else failed_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skips itself while it is imported."""
    return failed_if_skipped((yield))


def failed_if_skipped(report: Report) -> Report:
    """Return the report, as a failure with its reason when it says skipped."""
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = SENTENCE.format(reason=str(reason).removeprefix("Skipped: "))
    return report
