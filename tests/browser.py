"""Finds the browser that the journeys run in; `python -m tests.browser` installs one if need be.

In this order: `$CHROMIUM`; chromium or chrome on the PATH; Playwright's own download. Where there
is none, Debian's package is installed (as root on Debian), else Playwright's own.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The second package draws Chinese; without it the pages in zh_Hant_TW are rows of boxes.
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk")


class NoBrowserError(RuntimeError):
    """No Chromium was found; the sentence says how to get one."""

    def __init__(self) -> None:
        super().__init__(
            "No Chromium was found for the browser tests. Run them with `make test`, which "
            "installs one, or set CHROMIUM to the path of a Chromium or Chrome."
        )


def chromium_path() -> str:
    """Return the path of a Chromium that is here already; raises NoBrowserError where none is."""
    if chosen := os.environ.get("CHROMIUM"):
        if shutil.which(chosen):
            return chosen
        raise NoBrowserError
    for name in ON_THE_PATH:
        if found := shutil.which(name):
            return found
    return _playwrights_own()


def chromium_path_or_install() -> str:
    """Return the path of a Chromium, after installing one where none is."""
    ways: tuple[Callable[[], None], ...] = (_install_debian_package, _install_playwrights_own)
    for install in ways:
        try:
            return chromium_path()
        except NoBrowserError:
            if os.environ.get("CHROMIUM"):
                raise
            install()
    return chromium_path()


def _playwrights_own() -> str:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # slow, and rarely needed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        raise NoBrowserError
    return path


def _install_debian_package() -> None:
    if not _can_apt() or platform.freedesktop_os_release().get("ID") != "debian":
        return  # Ubuntu's package of that name is a snap, which doesn't run in containers
    install = ("apt-get", "install", "-y", "--no-install-recommends", *DEBIAN_PACKAGES)
    _ = _run("apt-get", "update") and _run(*install)


def _install_playwrights_own() -> None:
    dependencies = ("--with-deps",) if _can_apt() else ()
    _run(sys.executable, "-m", "playwright", "install", *dependencies, "chromium")


def _can_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _run(*command: str) -> bool:
    """Run a command with its output on stderr; a failure shows when no browser is found after."""
    print("Installing a browser for the tests:", *command, file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, check=False
    )
    return done.returncode == 0


if __name__ == "__main__":
    try:
        print(chromium_path_or_install())
    except NoBrowserError as problem:
        sys.exit(str(problem))
