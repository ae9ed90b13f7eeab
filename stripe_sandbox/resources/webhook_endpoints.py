"""Webhook endpoints: where events are delivered. The secret is shown once, when one is made."""

from urllib.parse import urlsplit

from stripe_sandbox.protocol.errors import invalid
from stripe_sandbox.protocol.pagination import page
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.sandbox import API_VERSION, Sandbox

endpoints = Endpoints()

_KIND = "webhook_endpoint"


def register(sandbox: Sandbox, url: str, enabled_events: list[str]) -> Json:
    """Keep a new endpoint; return it with its secret, which is not shown again."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("Not a valid URL", "url", "url_invalid")
    secret = sandbox.new_id("whsec_", 32)
    row = sandbox.put(
        {
            "id": sandbox.new_id("we_"),
            "object": _KIND,
            **blank(_KIND),
            "created": sandbox.now(),
            "enabled_events": enabled_events,
            "livemode": False,
            "metadata": {},
            "status": "enabled",
            "url": url,
        }
    )
    sandbox.note(row["id"], secret=secret)
    return {**row, "secret": secret}


def secret_of(sandbox: Sandbox, url: str) -> str:
    """Return the signing secret of the endpoint at `url`, registered for every event if new."""
    with sandbox.lock:
        known = [row for row in sandbox.newest_first(_KIND) if row["url"] == url]
        row = known[0] if known else register(sandbox, url, ["*"])
        return str(sandbox.note(row["id"])["secret"])


@endpoints("POST /v1/webhook_endpoints")
def create(call: Call) -> Json:
    """Register an endpoint."""
    params = call.params
    shown = register(call.sandbox, params["url"], params["enabled_events"])
    kept = call.sandbox.change(
        call.sandbox.get(_KIND, shown["id"]),
        api_version=params.get("api_version") or API_VERSION,
        description=params.get("description"),
        metadata=merged({}, params.get("metadata", {})),
    )
    return {**kept, "secret": shown["secret"]}


@endpoints("GET /v1/webhook_endpoints/{}")
def retrieve(call: Call, endpoint_id: str) -> Json:
    """Return one endpoint, without its secret."""
    return call.sandbox.get(_KIND, endpoint_id)


@endpoints("POST /v1/webhook_endpoints/{}")
def update(call: Call, endpoint_id: str) -> Json:
    """Change an endpoint's URL, events or description, or disable it."""
    sandbox, params = call.sandbox, call.params
    row = sandbox.get(_KIND, endpoint_id)
    fields: Json = {
        name: params[name] for name in ("description", "enabled_events", "url") if name in params
    }
    if "disabled" in params:
        fields["status"] = "disabled" if params["disabled"] else "enabled"
    if "metadata" in params:
        fields["metadata"] = merged(row["metadata"], params["metadata"])
    return sandbox.change(row, **fields)


@endpoints("GET /v1/webhook_endpoints")
def list_all(call: Call) -> Json:
    """Return the endpoints, the newest first."""
    rows = call.sandbox.newest_first(_KIND)
    return page(rows, call.params, "/v1/webhook_endpoints", kind=_KIND)


@endpoints("DELETE /v1/webhook_endpoints/{}")
def delete(call: Call, endpoint_id: str) -> Json:
    """Forget an endpoint; deliveries to it end."""
    call.sandbox.get(_KIND, endpoint_id)
    call.sandbox.remove(_KIND, endpoint_id)
    return {"id": endpoint_id, "object": _KIND, "deleted": True}
