"""What every operation of the API is made of: its address, its caller, its input and its output.

An operation is declared once, and everything follows from that: the route, the scope, the checks
of what comes in, the shape of what goes out, and its part of the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Never, ParamSpec, TypeVar, cast

from flask import Request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.routing import BaseConverter

from storefront.scopes import Scope
from storefront.views.api.access import requires
from storefront.views.api.bodies import read_json
from storefront.views.api.errors import ApiError, ErrorCode
from storefront.views.api.inputs import Nothing
from storefront.views.security import LARGEST_FORM, read_body

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the OpenAPI document says of a view beside what its schemas say."""

    id: str
    scope: Scope | None
    refusals: tuple[ErrorCode, ...]
    calls_stripe: bool
    takes_body: bool
    needs_body: bool


class IdConverter(BaseConverter):
    """An id in an address. It has no colon, so that a verb after one is another address."""

    regex = "[^/:]+"


class StrictParser(FlaskParser):
    """Reads what is asked for by the API's own rules; raises ApiError."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 - its caller's
        """Read the body; where nothing is taken an empty one is an empty object, of any type."""
        if not schema.fields and not read_body(LARGEST_FORM):
            return {}
        return read_json()

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Read the query; a parameter given twice is one too many."""
        twice = [name for name, values in req.args.lists() if len(values) > 1]
        if twice:
            raise ValidationError({name: ["Give it once."] for name in twice})
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> Never:
        """Say which fields are wrong, and how."""
        [fields] = cast("dict[str, Any]", error.messages).values()
        raise ApiError(ErrorCode.INVALID_FIELDS, details={"fields": fields}) from error


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # it ships no types
    """A blueprint that reads by the API's own rules."""

    ARGUMENTS_PARSER = StrictParser()


bp = ApiBlueprint("api", __name__, url_prefix="/v1")


def operation(
    address: str,
    *,
    scope: Scope | None,
    returns: tuple[int, type[Schema] | None],
    takes: type[Schema] | None = None,
    refuses: tuple[ErrorCode, ...] = (),
    calls_stripe: bool = False,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a view the operation at `address`, open to callers with `scope` (None: to any caller).

    `takes` is read from the query of a GET and from the body of anything else, and given to the
    view first; a query that nobody asked for is refused. What the view returns is written by the
    schema in `returns`.
    """
    method, rule = address.split()
    takes_body = takes is not None and method != "GET"

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        id_ = _camel_case(view.__name__)
        found: Any = bp.response(*returns)(view)
        if takes:
            found = bp.arguments(takes, location="json" if takes_body else "query")(found)
        if takes is None or takes_body:
            found = bp.arguments(Nothing, location="query", as_kwargs=True)(found)
        found.operation = Operation(
            id=id_,
            scope=scope,
            refusals=refuses,
            calls_stripe=calls_stripe,
            takes_body=takes_body,
            needs_body=takes_body and takes is not Nothing,
        )
        found = bp.doc(operationId=id_)(requires(scope)(found))
        bp.route(rule, methods=[method], tags=[_tag(rule)])(found)
        return view

    return declare


def _tag(rule: str) -> str:
    return re.split("[/:]", rule)[1].capitalize()


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)
