"""The sandbox as a WSGI application: which URL is answered by what."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, json, request

from stripe_sandbox import control
from stripe_sandbox.deliveries import Send, send_over_http
from stripe_sandbox.faults import SandboxFault
from stripe_sandbox.pages import pages
from stripe_sandbox.pages.http import current_sandbox
from stripe_sandbox.protocol.transport import Endpoint, refuse_unknown_route, serve
from stripe_sandbox.pruning import prune_at_times
from stripe_sandbox.resources import (
    balance_transactions,
    captures,
    charges,
    checkout_sessions,
    cli_sessions,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    refunds,
    webhook_endpoints,
)
from stripe_sandbox.sandbox import KEEP_EVENTS, SETTLE_AFTER, Sandbox
from stripe_sandbox.server import LARGEST_BODY
from stripe_sandbox.state_file import Clockwork, load

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

RESOURCES = (
    balance_transactions,
    captures,
    charges,
    checkout_sessions,
    cli_sessions,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    refunds,
    webhook_endpoints,
)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_CORS = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Allow-Methods": "GET, POST, HEAD, OPTIONS, DELETE",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Request-Id, Stripe-Should-Retry, Idempotent-Replayed",
    "Access-Control-Max-Age": "300",
}


def create_sandbox(  # noqa: PLR0913 - each has its own default
    *,
    clock: Callable[[], float] = time.time,
    seed: int | None = None,
    send: Send | None = None,
    threaded: bool = False,
    state_file: Path | None = None,
    retry_factor: float = 1.0,
    public_url: str = "http://localhost:4242",
    settle_after: float = SETTLE_AFTER,
    keep_events: int = KEEP_EVENTS,
    deliveries_at_once: int = 1,
) -> Flask:
    """Return the WSGI application, with its memory on `app.sandbox` (see `sandbox_of`).

    `clock`, `seed` and `send` make it deterministic; `threaded` lets it deliver webhooks by itself;
    `state_file` keeps its memory across restarts; `retry_factor` stretches the retries' back-off;
    `settle_after` is the seconds after which a debit or a refund to a bank settles; `keep_events`
    bounds the memory; `deliveries_at_once` to one endpoint may arrive out of order, as Stripe's do.
    """
    sandbox = Sandbox(
        clock=clock,
        seed=seed,
        send=send or send_over_http,
        retry_factor=retry_factor,
        public_url=public_url,
        settle_after=settle_after,
        keep_events=keep_events,
        deliveries_at_once=deliveries_at_once,
    )
    app = _Application(sandbox)
    _add_routes(app, sandbox)
    _add_manners(app)
    if state_file:
        load(sandbox, state_file)
    app.extensions["stripe_sandbox.clockwork"] = Clockwork(sandbox, state_file)
    if threaded:
        start(app)
    return app


def start(app: Flask) -> None:
    """Deliver webhooks, expire sessions and save the memory from background threads."""
    sandbox_of(app).deliveries.start()
    app.extensions["stripe_sandbox.clockwork"].start()


def stop(app: Flask) -> None:
    """End the background threads, everything saved. Raises OSError when it can't be."""
    sandbox_of(app).deliveries.stop()
    app.extensions["stripe_sandbox.clockwork"].stop()


def sandbox_of(app: Flask) -> Sandbox:
    """Return the sandbox behind an application that `create_sandbox` made."""
    return cast("Sandbox", app.extensions["stripe_sandbox"])


class _Application(Flask):
    """Lets an answer that never comes leave the application; says in JSON where it has a bug."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__("stripe_sandbox")
        self.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
        self.extensions["stripe_sandbox"] = self.sandbox = sandbox

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        with self.sandbox.deliveries.before_answering():
            return super().wsgi_app(environ, start_response)

    def handle_exception(self, e: Exception) -> Response:
        if isinstance(e, SandboxFault):
            raise e
        answer = super().handle_exception(e)
        error: object = "The sandbox has a bug here: its log says more."
        if request.path.startswith("/v1/"):
            error = {"type": "api_error", "message": error}
        if request.path.startswith(("/v1/", "/_sandbox/")):
            answer.data = json.dumps({"error": error})
            answer.content_type = "application/json"
        return answer


def _add_routes(app: Flask, sandbox: Sandbox) -> None:
    for resource in RESOURCES:
        for endpoint in resource.endpoints:
            _route(app, sandbox, endpoint)
    for rule in ("/v1/", "/v1/<path:rest>", "/v2/<path:rest>"):
        app.add_url_rule(
            rule,
            view_func=_unknown,
            methods=["GET", "POST", "DELETE", "PUT", "PATCH"],
            provide_automatic_options=False,
        )
    app.register_blueprint(cli_sessions.websocket)
    app.register_blueprint(control.bp)
    app.register_blueprint(pages)


def _add_manners(app: Flask) -> None:
    app.before_request(_refuse_strangers)
    app.after_request(_allow_browsers)
    app.after_request(_forget_old)


def _route(app: Flask, sandbox: Sandbox, endpoint: Endpoint) -> None:
    def view(**ids: str) -> Response:
        return serve(sandbox, endpoint, list(ids.values()))

    app.add_url_rule(
        endpoint.rule,
        endpoint.route,
        view,
        methods=[endpoint.method],
        provide_automatic_options=False,
        strict_slashes=False,
    )


def _unknown(**_: str) -> Response:
    return refuse_unknown_route(current_sandbox())


def _refuse_strangers() -> Response | None:
    """Answer preflights; refuse a stranger's host name that DNS was made to point here."""
    host = urlsplit(f"//{request.host}").hostname
    if host not in _LOOPBACK | {urlsplit(current_sandbox().public_url).hostname}:
        return Response("The sandbox answers to localhost and 127.0.0.1 only.\n", 403)
    if request.method == "OPTIONS" and request.path.startswith("/v1/"):
        return Response(status=204)
    return None


def _forget_old(response: Response) -> Response:
    prune_at_times(current_sandbox())
    return response


def _allow_browsers(response: Response) -> Response:
    if request.path.startswith("/v1/"):
        response.headers.extend(_CORS)
    return response
