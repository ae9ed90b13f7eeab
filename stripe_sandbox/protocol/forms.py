"""Form bodies as Stripe reads them: `a[]=`, `a[0]=`, `a[b][c]=`, in any order."""

import re
from functools import lru_cache
from itertools import pairwise
from urllib.parse import parse_qsl

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.shapes import Json

_KEY = re.compile(r"\A([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_MOST_FIELDS = 5000


def decode(text: str) -> Json:
    """Return the form as nested hashes of strings; lists are hashes keyed "0", "1", ….

    Whether such a hash is a list only the parameter's type knows: `metadata[0]` isn't one. Raises
    `StripeError` for keys that cannot be read or contradict each other.
    """
    tree: Json = {}
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise StripeError("The request's body is not a form that could be read.") from None
    for key, value in pairs:
        _insert(tree, key, value)
    return tree


@lru_cache(maxsize=2048)
def _steps(key: str) -> tuple[str, ...]:
    """Return the names in `a[b][]`. Kept, as every request sends much the same keys."""
    match = _KEY.match(key)
    if match is None:
        raise StripeError(f"Invalid parameter name: {key!r}.", param=key)
    return (match[1], *re.findall(r"\[([^\[\]]*)\]", match[2]))


def _insert(tree: Json, key: str, value: str) -> None:
    steps = _steps(key)
    node = tree
    for here, below in pairwise(steps):
        node = node.setdefault(_place(node, here, below), {})
        if not isinstance(node, dict):
            raise StripeError(f"Invalid hash: {key} is given as a value too.", param=steps[0])
    last = _place(node, steps[-1], None)
    if isinstance(node.get(last), dict):
        raise StripeError(f"Invalid string: {key} is given as a hash too.", param=steps[0])
    node[last] = value


def _place(node: Json, step: str, below: str | None) -> str:
    """Return where an element goes; `a[][b]` fills the last one until it has a `b` already."""
    if step:
        return step
    last = str(len(node) - 1)
    is_open = below and isinstance(node.get(last), dict) and below not in node[last]
    return last if is_open else str(len(node))
