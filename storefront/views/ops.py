"""What machines ask to learn whether the shop is well."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from storefront.db import reading

bp = Blueprint("ops", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Say whether the shop can serve: whether its database answers and is migrated."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1 FROM orders LIMIT 1"))
    except SQLAlchemyError:
        return jsonify(status="no database"), HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(status="ok"), HTTPStatus.OK
