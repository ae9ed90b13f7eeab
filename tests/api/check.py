"""`make api-check`: Schemathesis against a demo of its own, over HTTP, with every check.

About 10,000 cases, which takes some minutes; `make test` runs 500 of them in one process.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

import schemathesis

from storefront.scopes import Scope
from tests.api.fuzz import DESCRIPTION, fuzz, settings_for
from tests.processes import LiveShop, run_flask

# So many cases an operation, and as many sequences of operations.
EXAMPLES = int(os.environ.get("EXAMPLES", "1000"))
LIMITS = ("CALLER", "ADDRESS", "PAYMENTS", "PAYMENTS_ADDRESS")
UNCOUNTED = {f"RATELIMIT_{name}": "1000000 per second" for name in LIMITS}


def main() -> None:
    """Start a demo, try to prove its description wrong, and say how that went."""
    with (
        tempfile.TemporaryDirectory() as directory,
        LiveShop(Path(directory), settings=UNCOUNTED) as shop,
    ):
        settings = settings_for(new_key(shop), shop.url, examples=EXAMPLES)
        schema = schemathesis.openapi.from_url(f"{shop.url}{DESCRIPTION}", config=settings)
        tried = fuzz(schema)
    answers = ", ".join(f"{count} × {status}" for status, count in sorted(tried.statuses.items()))
    print(f"{tried.cases} cases in {', '.join(sorted(tried.phases))}; answers: {answers}.")
    print(*tried.problems, sep="\n\n")
    sys.exit(f"{len(tried.problems)} problems." if tried.problems else None)


def new_key(shop: LiveShop) -> str:
    """Make a key that may do everything."""
    scopes = [word for scope in Scope for word in ("--scope", str(scope))]
    command = ("api-keys", "create", "--user", "schemathesis", "--name", "api-check", *scopes)
    found = re.search(r"fsk_\S+", run_flask(*command, environment=shop.environment))
    assert found
    return found[0]


if __name__ == "__main__":
    main()
