"""The public keys that this shop's tokens are verified with, where programs look for them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from storefront.jwks import key_set

bp = Blueprint("keys", __name__)


@bp.get("/.well-known/jwks.json")
def jwks() -> Response:
    """List the keys; none when the shop believes no tokens, or shares a secret with the issuer."""
    response = jsonify(keys=key_set().published())
    response.headers["Cache-Control"] = "public, max-age=300"  # whoever verifies asks often
    return response
