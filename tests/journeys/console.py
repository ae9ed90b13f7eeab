"""What browsers complain of: errors, warnings, uncaught exceptions, violations of the CSP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage

COMPLAINTS = {"error", "warning", "assert"}
# The console names most violations, but not those of a policy that only reports.
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => console.error(
  `CSP violation: ${event.violatedDirective} of ${event.blockedURI} in ${event.documentURI}`));"""


class Console:
    """The consoles of every browser, tab and frame of one journey."""

    def __init__(self) -> None:
        """Begin with nothing heard and nothing expected."""
        self.complaints: list[str] = []
        self._expected: list[str] = []

    def listen_to(self, browser: BrowserContext) -> None:
        """Hear every page that `browser` opens from now on."""
        browser.add_init_script(REPORT_VIOLATIONS)
        browser.on("console", self._hear)
        browser.on("weberror", lambda told: self.complaints.append(f"uncaught: {told.error}"))

    def expect(self, text: str) -> None:
        """Allow complaints that contain `text`, and insist on at least one.

        Chromium writes down every request that failed, wanted or not; there is no turning it off.
        """
        self._expected.append(text)

    def unexpected(self) -> list[str]:
        """Return the complaints that nobody announced."""
        return [
            said for said in self.complaints if not any(text in said for text in self._expected)
        ]

    def missing(self) -> list[str]:
        """Return what was expected and never said."""
        return [
            text for text in self._expected if not any(text in said for said in self.complaints)
        ]

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in COMPLAINTS:
            self.complaints.append(f"{said.type}: {said.text} ({said.location['url']})")


@contextmanager
def quiet_console() -> Iterator[Console]:
    """Yield a console that fails the test, at its end, over each complaint."""
    console = Console()
    yield console
    faults = [*console.unexpected(), *(f"never said: {text}" for text in console.missing())]
    if faults:
        raise AssertionError("\n".join(faults))
