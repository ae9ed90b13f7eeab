"""One Chromium for every test of a worker: Playwright runs once in a process, and starting is slow.

A test opens contexts of it, each with cookies of its own, and closes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import chromium_path

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, started."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # slow, and rarely needed

    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The browser. Where none is installed, the error says what to do."""
    path = chromium_path()
    playwright: Playwright = request.getfixturevalue("playwright")
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()
