"""The API's own description: the OpenAPI document, and a page that people read."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from storefront.views.api.openapi import document

bp = Blueprint("reference", __name__, url_prefix="/v1")


@bp.get("/openapi.json")
def openapi_json() -> Response:
    """Describe the API to programs: https://spec.openapis.org/oas/v3.1.0."""
    return jsonify(document())
