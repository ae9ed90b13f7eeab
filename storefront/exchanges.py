"""What travels between the shop and Stripe, written down without what must stay secret.

An exchange is one HTTP request and what came of it. It is kept for people to look at: no key, no
client_secret and no e-mail address is in it, and it is cut off where it gets long.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from storefront import clock
from storefront.evidence import without_client_secrets

LONGEST_TEXT = 8_000
EMAIL_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request to Stripe and its answer; `status` is None when no answer came.

    `answer` is then the kind of failure. `at` is when the request was sent, by our clock.
    """

    method: str
    path: str
    params: str
    idempotency_key: str | None
    status: int | None
    answer: str
    request_id: str | None
    ms: int
    at: datetime


class ObservedSession(requests.Session):
    """A session of `requests` that tells `note` of each exchange, retries included."""

    def __init__(self, note: Callable[[Exchange], None]) -> None:
        super().__init__()
        self._note = note

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send as always; whatever happens is noted, and happens all the same."""
        at, began = clock.now(), time.perf_counter()
        answered: dict[str, Any] = {"status": None, "request_id": None}
        try:
            response = super().send(request, **kwargs)
            answered = _answered(response)
        except BaseException as error:
            answered["answer"] = type(error).__name__
            raise
        finally:
            ms = round((time.perf_counter() - began) * 1000)
            self._note(Exchange(**_asked(request), **answered, at=at, ms=ms))
        return response


def _asked(request: requests.PreparedRequest) -> dict[str, Any]:
    address = urlsplit(request.url or "")
    sent = request.body or address.query
    pairs = parse_qsl(sent if isinstance(sent, str) else sent.decode())
    params = "\n".join(f"{name}={presentable(value)}" for name, value in pairs)
    return {
        "method": request.method or "",
        "path": address.path,
        "params": params[:LONGEST_TEXT],
        "idempotency_key": request.headers.get("Idempotency-Key"),
    }


def _answered(response: requests.Response) -> dict[str, Any]:
    return {
        "status": response.status_code,
        "request_id": response.headers.get("Request-Id"),
        "answer": presentable(response.text)[:LONGEST_TEXT],
    }


def presentable(text: str) -> str:
    """Return a text without secrets and addresses, and fit for a database."""
    told = without_client_secrets(text.encode("utf-8", "replace")).replace("\0", "")
    return without_addresses(told)


def without_addresses(text: str) -> str:
    """Return a text with every e-mail address in it masked."""
    return EMAIL_ADDRESS.sub("***@***", text)
