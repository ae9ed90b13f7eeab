"""The OpenAPI document as a client reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from tests.api.caller import Caller

DOCUMENT = "/v1/openapi.json"


class Described:
    """A caller who reads the document, and holds every answer against it."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.document = caller.get(DOCUMENT).json
        self.operations = {each["operationId"]: each for _, _, each in self.each()}
        self.addresses = {each["operationId"]: (method, path) for method, path, each in self.each()}

    def each(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method != "parameters":
                    yield method.upper(), path, operation

    def call(self, operation_id: str, body: Any = None, **ids: str) -> Any:
        """Carry out an operation, check its answer, and return what it says."""
        method, path = self.addresses[operation_id]
        answer = self.caller.call(method, path.format(**ids), body)
        self.check(operation_id, answer.status_code, answer.json if answer.data else None)
        return answer.json if answer.data else None

    def check(self, operation_id: str, status: int, body: Any) -> None:
        """Raise unless the document has this status, and its schema all fields and no others."""
        response = self.operations[operation_id]["responses"][str(status)]
        if "content" in response:
            self.validate(response["content"]["application/json"]["schema"], body)

    def validate(self, schema: dict[str, Any], value: Any) -> None:
        whole = schema | {"components": self.document["components"]}
        jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(value)
