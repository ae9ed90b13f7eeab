"""Which endpoints a tour has to visit, and which it did."""

from __future__ import annotations

from flask import Flask, Response, request

from stripe_sandbox.app import RESOURCES
from stripe_sandbox.protocol.shapes import UNLISTED

OF_THE_SDKS = {
    endpoint.route
    for resource in RESOURCES
    for endpoint in resource.endpoints
    if endpoint.route not in UNLISTED
}


def answered(app: Flask) -> set[str]:
    """Return a set that fills with the endpoints of `app` as they answer 200."""
    called: set[str] = set()

    @app.after_request
    def note(response: Response) -> Response:
        if response.status_code == 200 and request.path.startswith("/v1/"):
            called.add(request.endpoint or "")
        return response

    return called
