"""What the sandbox refuses, as the SDK tells it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import stripe


@dataclass(frozen=True)
class Refusal:
    """An answer other than 200."""

    status: int | None
    code: str | None
    param: str | None
    message: str


def refusal(act: Callable[[], object]) -> Refusal:
    """Return how `act` was refused; fail when it wasn't."""
    with pytest.raises(stripe.StripeError) as raised:
        act()
    error = raised.value
    told = error.json_body["error"]
    return Refusal(error.http_status, told.get("code"), told.get("param"), told["message"])
