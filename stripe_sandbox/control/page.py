"""The control panel's page, its live part, and what it shows when asked for more."""

from flask import Response, json, render_template, request

from stripe_sandbox.control.blueprint import bp, complaint
from stripe_sandbox.control.overview import overview, version
from stripe_sandbox.pages.http import current_sandbox, secured
from stripe_sandbox.pages.words import words
from stripe_sandbox.protocol.masks import masked
from stripe_sandbox.rules import FOR_ATTEMPTS, FOR_CALLS, FOR_DELIVERIES


@bp.get("/")
def panel() -> Response:
    """Show the control panel."""
    sandbox = current_sandbox()
    page = render_template(
        "panel/panel.html",
        words=words("en"),
        for_attempts=FOR_ATTEMPTS,
        for_calls=FOR_CALLS,
        for_deliveries=FOR_DELIVERIES,
        version=version(sandbox),
        **overview(sandbox, request.args.get("before", "")),
    )
    return secured(page)


@bp.get("/live")
def live() -> Response:
    """Return the parts of the page that change; 204 while it is what was seen last."""
    sandbox = current_sandbox()
    now = version(sandbox)
    if request.args.get("seen") == now:
        return secured("", status=204)
    seen = overview(sandbox, request.args.get("before", ""))
    return secured(render_template("panel/_live.html", version=now, **seen))


@bp.get("/objects/<object_id>")
def show_object(object_id: str) -> Response:
    """Return an object or an event, its secrets masked."""
    found = (rows.get(object_id) for rows in current_sandbox().state.tables.values())
    row = next((row for row in found if row), None)
    return _shown(row) if row else complaint("No such object.", 404)


@bp.get("/deliveries/<delivery_id>/attempts/<int:number>")
def show_attempt(delivery_id: str, number: int) -> Response:
    """Return the HTTP request that an attempt sent, byte for byte but for the secrets in it."""
    deliveries = current_sandbox().deliveries
    row = next((row for row in deliveries.all() if row["id"] == delivery_id), None)
    attempts = row["attempts"] if row else []
    sent = deliveries.sent(row, attempts[number]) if row and number < len(attempts) else None
    if sent is None:
        return complaint("No such attempt, or its event is forgotten.", 404)
    headers, body = sent
    lines = [f"POST {attempts[number]['url']}", *(f"{name}: {headers[name]}" for name in headers)]
    event = json.dumps(masked(json.loads(body)), indent=2, ensure_ascii=False, sort_keys=False)
    return _text("\n".join([*lines, "", event]))


def _shown(row: object) -> Response:
    return _text(json.dumps(masked(row), indent=2, ensure_ascii=False, sort_keys=False))


def _text(text: str) -> Response:
    response = secured(text)
    response.content_type = "text/plain; charset=utf-8"
    return response
