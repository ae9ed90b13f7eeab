"""JSON as the sandbox writes it."""

import json
from typing import Any

# Not as `json.dumps` would write it again: who verifies a signature over a body that was parsed and
# written anew must fail here, as with Stripe. An indented body would cost four times as much.
_encode = json.JSONEncoder(separators=(",\n  ", ": "), check_circular=False).encode


def as_text(value: dict[str, Any]) -> str:
    """Return an object as JSON, one field a line."""
    return f"{{\n  {_encode(value)[1:-1]}\n}}"
