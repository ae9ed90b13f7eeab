"""HTTP without a socket: `requests` talks to a WSGI application in the same process."""

import io
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from werkzeug.test import EnvironBuilder, run_wsgi_app

from stripe_sandbox.faults import SandboxFault


class WsgiAdapter(BaseAdapter):
    """Mount it on a `requests.Session`: every request then calls `app` directly.

    The faults that the sandbox was asked for become what `requests` raises when a network fails.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Answer one request."""
        parts = urlsplit(request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        builder = EnvironBuilder(
            path=parts.path,
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}",
            method=request.method or "GET",
            headers=list(request.headers.items()),
            input_stream=io.BytesIO(body),
        )
        try:
            chunks, status, headers = run_wsgi_app(self._app.wsgi_app, builder.get_environ())
        except SandboxFault as fault:
            raise _FAULTS[fault.kind](str(fault), request=request) from fault
        return _response(request, int(status.split(" ")[0]), dict(headers), b"".join(chunks))

    def close(self) -> None:
        """Nothing is open."""


_FAULTS = {
    "reset": requests.exceptions.ConnectionError,
    "timeout_after": requests.exceptions.ReadTimeout,
    "timeout_before": requests.exceptions.ConnectTimeout,
}


def session_for(app: Flask) -> requests.Session:
    """Return a session whose every request is answered by `app`."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, WsgiAdapter(app))
    return session


def _response(
    request: requests.PreparedRequest, status: int, headers: dict[str, str], body: bytes
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.reason = HTTPStatus(status).phrase
    response.headers = CaseInsensitiveDict(headers)
    response.raw = io.BytesIO(body)
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8"
    return response
