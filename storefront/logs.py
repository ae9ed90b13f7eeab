"""One line per delivery and per call, `key=value`; ids but never secrets or e-mail addresses."""

from __future__ import annotations

import logging
import re

# PostgreSQL shows the row that it refused: "DETAIL:  Failing row contains (…)". It ends where the
# next part of the message begins, or the message itself; the row may hold line breaks.
FAILING_ROW = re.compile(
    r"\s*^DETAIL:.*?(?=^HINT:|^CONTEXT:|^\[SQL|\n\n(?:The above|During)|\Z)",
    re.DOTALL | re.MULTILINE,
)


def init_logs(level: str) -> None:
    """Send the shop's own lines to standard error; the SDK's are off, for they quote parameters."""
    logger = logging.getLogger("storefront")
    logger.setLevel(level)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(DiscreetFormatter("level=%(levelname)s logger=%(name)s %(message)s"))
        logger.addHandler(handler)
    logging.getLogger("stripe").setLevel(logging.CRITICAL)


class DiscreetFormatter(logging.Formatter):
    """Leaves out what a database tells of the row that it refused, in messages and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as it is printed."""
        line = super().format(record)
        return FAILING_ROW.sub("\nDETAIL: …\n", line).rstrip("\n") if "DETAIL:" in line else line
