"""The API's own description: the OpenAPI document, and the same as a page for people.

The page is drawn here from the document, so it needs no script and no network, and is as readable
on a phone or in the dark as the rest of the shop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from markupsafe import Markup, escape

from storefront.views.api.errors import CODES
from storefront.views.api.openapi import JSON, Document, document

bp = Blueprint("reference", __name__, url_prefix="/v1")

CODE, STRONG = re.compile(r"`([^`]+)`"), re.compile(r"\*\*([^*]+)\*\*")

# The smallest, the largest, and how both are said.
BOUNDS = (
    ("minimum", "maximum", "{least} to {most}"),
    ("minLength", "maxLength", "{least} to {most} characters"),
    ("minProperties", "maxProperties", "{least} to {most} pairs"),
    ("", "default", "{most} unless given"),
)


@bp.get("/openapi.json")
def openapi_json() -> Response:
    """Describe the API to programs: https://spec.openapis.org/oas/v3.1.0."""
    return jsonify(document())


@bp.get("/docs")
def docs() -> str:
    """Describe the API to people."""
    found = document()
    return render_template(
        "reference/reference.html",
        about=found["info"],
        server=found["servers"][0]["url"],
        schemes=found["components"]["securitySchemes"].values(),
        chapters=[(tag, list(_operations(found, tag["name"]))) for tag in found["tags"]],
        schemas=found["components"]["schemas"],
        codes=CODES,
        is_anonymous=True,
    )


@bp.app_template_filter("prose")
def prose(text: str) -> Markup:
    """Write a description's paragraphs, code and emphasis as HTML."""
    marked = STRONG.sub(r"<strong>\1</strong>", CODE.sub(r"<code>\1</code>", str(escape(text))))
    return Markup("".join(f"<p>{each}</p>" for each in marked.split("\n\n")))  # noqa: S704 - escaped


@bp.app_template_filter("pretty")
def pretty(value: object) -> str:
    """Write an example as people read JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@bp.app_template_filter("kind")
def kind(schema: dict[str, Any]) -> str:
    """Say in a word or two what a value is; an object of ours by its name."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    found = schema.get("type", "anything")
    return " or ".join(found) if isinstance(found, list) else str(found)


@bp.app_template_filter("bounds")
def bounds(schema: dict[str, Any]) -> list[str]:
    """Say within which bounds a value must be, and what it is when it is left out."""
    return [
        words.format(least=schema.get(least, 0), most=schema.get(most))
        for least, most, words in BOUNDS
        if most in schema
    ]


def _operations(found: Document, tag: str) -> Iterator[Document]:
    """Yield what the page shows of the operations of a chapter."""
    for path, item in found["paths"].items():
        for method, operation in item.items():
            if method == "parameters" or operation["tags"] != [tag]:
                continue
            statuses = sorted(operation["responses"])
            success = operation["responses"][statuses[0]]
            yield operation | {
                "method": method.upper(),
                "path": path,
                "inputs": [*item.get("parameters", []), *operation.get("parameters", [])],
                "body": operation.get("requestBody", {}).get("content", {}).get(JSON),
                "status": statuses[0],
                "answer": success.get("content", {}).get(JSON),
                "errors": [
                    (status, list(operation["responses"][status]["content"][JSON]["examples"]))
                    for status in statuses[1:]
                ],
            }
