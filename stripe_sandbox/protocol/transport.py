"""Requests in, answers out: everything that all of Stripe's endpoints have in common.

The order of a request: key, version, form, parameters, fault, idempotency, the endpoint itself,
expansion. What fails before the endpoint begins is not remembered under the idempotency key.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from stripe_sandbox import faults
from stripe_sandbox.protocol import forms, idempotency, keys, versions
from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.expansion import expanded
from stripe_sandbox.protocol.masks import masked_form, without_numbers
from stripe_sandbox.protocol.shapes import Json, is_route_of_stripe
from stripe_sandbox.protocol.written import as_text
from stripe_sandbox.sandbox import API_VERSION, Sandbox

_NO_FORMS = {"application/json", "multipart/form-data", "text/xml", "application/xml"}
_log = logging.getLogger("stripe_sandbox")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one endpoint: who asks, and with which checked parameters."""

    sandbox: Sandbox
    params: Json
    is_publishable: bool = False


Handler = Callable[..., Json]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of Stripe's, as `POST /v1/refunds/{}`, and the function that answers it."""

    route: str
    handler: Handler
    is_for_browsers: bool = False
    takes: str | None = None
    """The parameters of Stripe's that the handler honours, in words; None for all of them."""

    @property
    def method(self) -> str:
        """The HTTP verb."""
        return self.route.split(" ")[0]

    @property
    def rule(self) -> str:
        """The path in Flask's words, its ids named id1, id2 and so on."""
        path = self.route.split(" ")[1]
        for number in range(1, path.count("{}") + 1):
            path = path.replace("{}", f"<id{number}>", 1)
        return path


class Endpoints(list[Endpoint]):
    """The endpoints of one resource; used as a decorator that notes a function down."""

    def __call__(
        self, route: str, *, for_browsers: bool = False, takes: str | None = None
    ) -> Callable[[Handler], Handler]:
        """Serve `route` with the function below; `for_browsers` lets publishable keys call it.

        `takes` names the parameters that it honours ("amount card.token"): any other that Stripe
        has is a 501. Those of lists and `expand` are always honoured.
        """

        def noted(handler: Handler) -> Handler:
            self.append(Endpoint(route, handler, for_browsers, takes))
            return handler

        return noted


def serve(sandbox: Sandbox, endpoint: Endpoint, ids: list[str]) -> Response:
    """Answer one API request. Never raises `StripeError`; lets `SandboxFault` through."""
    exact = f"{request.method} {request.path.rstrip('/')}"
    if endpoint.route != exact and is_route_of_stripe(exact):
        return refuse_unknown_route(sandbox)
    request_id = sandbox.new_request_id()
    fault = sandbox.faults.take(request.path, request.method, request_id)
    faults.lose_request(fault)
    try:
        answer = _answered(sandbox, endpoint, ids, request_id, fault)
    except StripeError as error:
        answer = idempotency.Answer(error.status, {"error": error.fields}, error.headers)
    faults.lose_answer(fault)
    return response(sandbox, answer, request_id)


def refuse_unknown_route(sandbox: Sandbox) -> Response:
    """Answer 404 for a URL that Stripe doesn't have, and 501 for one that only we don't have."""
    where = f"{request.method}: {request.path}"
    error = StripeError(f"Unrecognized request URL ({where}).", status=404)
    if request.path.startswith("/v2/") or _is_stripes(request.method, request.path):
        error = StripeError(
            f"Stripe has this endpoint, the sandbox does not ({where}).",
            kind="api_error",
            status=501,
        )
    answer = idempotency.Answer(error.status, {"error": error.fields})
    return response(sandbox, answer, sandbox.new_request_id())


def response(sandbox: Sandbox, answer: idempotency.Answer, request_id: str) -> Response:
    """Return the HTTP response, with the headers that Stripe puts on every answer."""
    body = answer.body
    if "error" in body:
        log_url = f"{sandbox.public_url}/_sandbox/requests/{request_id}"
        body = {"error": {**body["error"], "request_log_url": log_url}}
    headers = {
        "Cache-Control": "no-cache, no-store",
        "Date": formatdate(sandbox.time(), usegmt=True),
        "Request-Id": request_id,
        "Stripe-Version": API_VERSION,
        **_echoed(),
        **_advice(answer),
        **answer.headers,
    }
    method, path, status = request.method, without_numbers(request.path), answer.status
    sandbox.remember_request(
        request_id,
        method=method,
        path=path,
        status=status,
        asked=masked_form(request),
        answer=body,
    )
    _log.info("request=%s method=%s path=%s status=%s", request_id, method, path, status)
    return Response(as_text(body), answer.status, headers, "application/json")


def _echoed() -> dict[str, str]:
    """Return the headers that come back as sent, without those that no answer can hold."""
    sent = {name: request.headers.get(name, "") for name in ("Idempotency-Key", "Stripe-Version")}
    return {name: value for name, value in sent.items() if value and value.isprintable()}


def _advice(answer: idempotency.Answer) -> dict[str, str]:
    """Return whether to try again, where Stripe says so."""
    if answer.status == HTTPStatus.CONFLICT:
        return {"Stripe-Should-Retry": "true"}
    is_mistake = 400 <= answer.status < 500 and answer.status != HTTPStatus.TOO_MANY_REQUESTS  # noqa: PLR2004
    is_final = is_mistake or answer.status == HTTPStatus.NOT_IMPLEMENTED
    return {"Stripe-Should-Retry": "false"} if is_final else {}


def _answered(  # noqa: PLR0917
    sandbox: Sandbox, endpoint: Endpoint, ids: list[str], request_id: str, fault: Json | None
) -> idempotency.Answer:
    given = forms.decode(_form())
    is_publishable = keys.check(given, is_for_browsers=endpoint.is_for_browsers)
    params = versions.converted(
        given,
        route=endpoint.route,
        takes=endpoint.takes,
        version=request.headers.get("Stripe-Version"),
        is_publishable=is_publishable,
    )
    paths = params.pop("expand", None) or []
    call = Call(sandbox, params, is_publishable)

    error = faults.error_for(fault)
    if error and not faults.is_remembered(fault):
        raise error

    def execute() -> Json:
        if error:
            raise error
        with sandbox.tried():
            return expanded(sandbox, endpoint.handler(call, *ids), paths)

    key = request.headers.get("Idempotency-Key") if endpoint.method == "POST" else None
    if not key:
        with sandbox.caused_by(request_id, None):
            return idempotency.executed(sandbox, execute)
    asked = f"{endpoint.method} {request.path} {json.dumps(given, sort_keys=True)}"
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    return idempotency.once(sandbox, execute, key=key, fingerprint=fingerprint, cause=request_id)


def _form() -> str:
    """Return the parameters' text: the URL's query, and the body after it."""
    query = request.query_string.decode("utf-8", "replace")
    if request.method in {"GET", "DELETE"}:
        return query
    try:
        body = request.get_data().decode("utf-8")
    except RequestEntityTooLarge:
        raise StripeError("The request's body is larger than 1 MB.", status=413) from None
    except UnicodeDecodeError:
        raise StripeError("The request's body is not valid UTF-8.") from None
    if body and request.mimetype in _NO_FORMS:
        raise StripeError(
            f"Invalid Content-Type: {request.mimetype}. Send the parameters as "
            "application/x-www-form-urlencoded."
        )
    return "&".join(filter(None, [query, body]))


def _is_stripes(method: str, path: str) -> bool:
    """Whether Stripe serves this path, some of whose segments may be ids."""
    segments = path.strip("/").split("/")
    candidates = [""]
    for segment in segments[:8]:
        candidates = [f"{head}/{tail}" for head in candidates for tail in (segment, "{}")]
    return any(is_route_of_stripe(f"{method} {candidate}") for candidate in candidates)
