"""One line per delivery and per call, `key=value`; ids but never secrets or e-mail addresses."""

from __future__ import annotations

import logging


def init_logs(level: str) -> None:
    """Send the shop's own lines to standard error; the SDK's are off, for they quote parameters."""
    logger = logging.getLogger("storefront")
    logger.setLevel(level)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("level=%(levelname)s logger=%(name)s %(message)s"))
        logger.addHandler(handler)
    logging.getLogger("stripe").setLevel(logging.CRITICAL)
