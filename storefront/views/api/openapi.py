"""The OpenAPI document: drawn from the operations themselves, once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, current_app
from flask_smorest.spec.plugins import FlaskPlugin

from storefront.catalog import SEED
from storefront.config import settings
from storefront.params import OUR_METADATA
from storefront.views.api import examples, story
from storefront.views.api.blueprint import IdConverter, Operation, bp
from storefront.views.api.errors import CODES, ErrorCode
from storefront.views.api.inputs import URL_LETTER, URL_LETTER_OR_SESSION, pattern_of_ours
from storefront.views.api.outputs import Error

Document = dict[str, Any]
JSON = "application/json"
SCHEMA_OF_ERRORS = {"$ref": "#/components/schemas/Error"}
UNAVAILABLE = ErrorCode.PAYMENT_PROVIDER_UNAVAILABLE

ALWAYS = (
    ErrorCode.UNAUTHENTICATED,
    ErrorCode.INVALID_FIELDS,
    ErrorCode.RATE_LIMITED,
    ErrorCode.INTERNAL_ERROR,
    ErrorCode.SERVICE_UNAVAILABLE,
)
WITH_A_BODY = (
    ErrorCode.MALFORMED_REQUEST,
    ErrorCode.BODY_TOO_LARGE,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
)
WITH_A_KEY = (ErrorCode.IDEMPOTENCY_KEY_IN_USE, ErrorCode.IDEMPOTENCY_KEY_REUSED)

ABOUT = """\
Buy from the shop with a front end of your own: choose products, fill the cart, pay by either of
Stripe's two flows, and poll until the webhook has decided.

**Amounts** are integers in the currency's minor unit, beside a lower-case currency. **Moments** are
RFC 3339 in UTC. **Unknown fields** are refused, and so is JSON that two parsers could read in two
ways. **Errors** have one shape; branch on `code`. **Retries**: every POST takes an
`Idempotency-Key`, and with the same key and body you get the same answer again. Every answer
carries an `X-Request-ID`.
"""

HEADERS: Document = {
    "X-Request-ID": {
        "description": "The name of this request, for when you ask about it.",
        "schema": {"type": "string", "pattern": "^req_[0-9A-Za-z]{22}$"},
    },
    "Idempotent-Replayed": {
        "description": "`true` when this is the answer that the same request got before.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "How many seconds to wait before sending it again.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "What to authenticate with: https://www.rfc-editor.org/rfc/rfc6750.",
        "required": True,
        "schema": {"type": "string"},
    },
}
HEADERS_OF_STATUS = {
    401: "WWW-Authenticate",
    403: "WWW-Authenticate",
    429: "Retry-After",
    502: "Retry-After",
    503: "Retry-After",
}
IDEMPOTENCY_KEY: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any name of yours for this request, such as a UUID; kept for 24 hours. The "
    "same key with the same body gets the same answer; with another body it is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
BEARER: Document = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "an API key (fsk_…) or a JWT",
    "description": "`Authorization: Bearer …` with an API key from `flask api-keys create`, or "
    "with a token of the shop's issuer. Each operation names the scope that it needs.",
}


LETTER_OF_ADDRESS = {
    "success_url": URL_LETTER_OR_SESSION,
    "cancel_url": URL_LETTER,
    "return_url": URL_LETTER,
}


class Drawing:
    """What flask-smorest's blueprint wants to know of the API that it describes."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    DEFAULT_REQUEST_BODY_CONTENT_TYPE = JSON
    DEFAULT_RESPONSE_CONTENT_TYPE = JSON


def document() -> Document:
    """Return the document of the running application, as OpenAPI 3.1 has it."""
    if "openapi" not in current_app.extensions:
        current_app.extensions["openapi"] = _draw(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    return cast("Document", current_app.extensions["openapi"])


def operations_of(found: Document) -> Iterator[Document]:
    """Yield every operation of a document."""
    for item in found["paths"].values():
        yield from (each for each in item.values() if isinstance(each, dict))


def _draw(app: Flask) -> Document:
    plugin = FlaskPlugin()
    plugin.register_converter(IdConverter, lambda _: {"type": "string", "pattern": "^[^/:]+$"})
    spec = APISpec(
        f"{SEED['shop']['name']} API",
        "1.0.0",
        "3.1.0",
        plugins=[plugin, MarshmallowPlugin()],
        info={"summary": "Both of Stripe's flows, as JSON.", "description": ABOUT},
        servers=[{"url": settings().public_base_url, "description": "This shop."}],
        security=[{"bearer": []}],
    )
    spec.components.schema("Error", schema=Error)
    bp.register_views_in_doc(Drawing, app, spec, name="api", parameters=None)
    found: Document = spec.to_dict()
    found["tags"] = [{"name": name, "description": each} for name, each in examples.TAGS.items()]
    found["components"]["securitySchemes"] = {"bearer": BEARER}
    found["components"]["headers"] = HEADERS
    _sharpen(found["components"]["schemas"])
    declared = {each.operation.id: each.operation for each in app.view_functions.values()
                if hasattr(each, "operation")}  # fmt: skip
    for path, item in found["paths"].items():
        for operation in operations_of({"paths": {path: item}}):
            _complete(operation, declared[operation["operationId"]], path, found)
    return found


def _sharpen(schemas: Document) -> None:
    """Say what JSON Schema can say and marshmallow can't."""
    names: Document = {"type": "string", "minLength": 1, "maxLength": 40}
    names |= {"pattern": r"^[^\[\]\u0000]+$", "not": {"enum": list(OUR_METADATA)}}
    source = {"properties": {"source_type": {"const": "order"}}}
    for name in ("PaymentRequest", "CheckoutSessionRequest"):
        del schemas[name]["properties"]["metadata"]["maxLength"]
        metadata = schemas[name]["properties"]["metadata"]
        metadata |= {"maxProperties": 20, "propertyNames": names}
        metadata["additionalProperties"]["pattern"] = r"^[^\u0000]+$"
        for address in schemas[name]["properties"].keys() & LETTER_OF_ADDRESS.keys():
            pattern = pattern_of_ours(LETTER_OF_ADDRESS[address])
            schemas[name]["properties"][address]["pattern"] = pattern
        schemas[name] |= {
            "if": source,
            "then": {"required": ["source_id"]},
            "else": {"properties": {"source_id": False}},
        }


def _complete(operation: Document, declared: Operation, path: str, found: Document) -> None:
    operation["security"] = [{"bearer": [declared.scope] if declared.scope else []}]
    if declared.scope:
        paragraphs = (operation.get("description"), f"Needs the scope `{declared.scope}`.")
        operation["description"] = "\n\n".join(filter(None, paragraphs))
    is_post = path in found["paths"] and found["paths"][path].get("post") is operation
    if is_post:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    if "requestBody" in operation:
        body = operation["requestBody"]
        body["required"] = declared.needs_body
        body["content"][JSON]["examples"] = {
            name: {"summary": name, "value": value}
            for name, value in examples.requests(declared.id).items()
        }
    for response in operation["responses"].values():
        _complete_success(response, declared.id, is_post=is_post)
    codes = _codes(declared, has_path="{" in path, is_post=is_post)
    for status in sorted({*(CODES[code].status for code in codes), *_odd(declared)}):
        of_it = [code for code in codes if CODES[code].status == status] or [UNAVAILABLE]
        operation["responses"][str(status)] = _error_response(status, of_it)


def _complete_success(response: Document, operation_id: str, *, is_post: bool) -> None:
    response["headers"] = _headers("X-Request-ID", *(["Idempotent-Replayed"] if is_post else []))
    if links := examples.LINKS.get(operation_id):
        response["links"] = links
    for content in response.get("content", {}).values():
        content["example"] = story.ANSWERS[operation_id]


def _codes(declared: Operation, *, has_path: bool, is_post: bool) -> list[ErrorCode]:
    """Return every way in which the operation can fail."""
    return [
        *ALWAYS,
        *([ErrorCode.FORBIDDEN] if declared.scope else []),
        *([ErrorCode.NOT_FOUND] if has_path else []),
        *(WITH_A_BODY if declared.takes_body else []),
        *(WITH_A_KEY if is_post else []),
        *([UNAVAILABLE] if declared.calls_stripe else []),
        *declared.refusals,
    ]


def _odd(declared: Operation) -> set[int]:
    """Return the statuses that a code has beside its own: what Stripe refuses is a bad gateway."""
    return {HTTPStatus.BAD_GATEWAY} if declared.calls_stripe else set()


def _error_response(status: int, codes: list[ErrorCode]) -> Document:
    return {
        "description": "; ".join(f"`{code}`: {CODES[code].sentence}" for code in codes),
        "headers": _headers("X-Request-ID", *filter(None, [HEADERS_OF_STATUS.get(status)])),
        "content": {
            JSON: {
                "schema": SCHEMA_OF_ERRORS,
                "examples": {code: {"value": examples.error(code)} for code in codes},
            }
        },
    }


def _headers(*names: str) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
