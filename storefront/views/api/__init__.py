"""The JSON API below /v1: another door to the functions that the pages use.

The order of a request, in one place: a view is marked with the scope that it needs (`requires`),
and before it runs the caller is authenticated, the scope checked, the limits counted and the
Idempotency-Key claimed. Only then is the body parsed. So nobody learns anything about a body
without a key, and no answer is stored for a caller who isn't known.
"""

from __future__ import annotations

from flask import Flask

from storefront.views.api.errors import ApiError, error_answer


def init_api(app: Flask) -> None:
    """Register the API's routes and what surrounds its requests."""
    app.register_error_handler(ApiError, error_answer)
