"""Webhook endpoints: where events are delivered. The secret is shown once, when one is made."""

from stripe_sandbox.protocol.errors import lacking
from stripe_sandbox.protocol.pagination import listed
from stripe_sandbox.protocol.shapes import Json, blank
from stripe_sandbox.protocol.transport import Call, Endpoints
from stripe_sandbox.resources.metadata import merged
from stripe_sandbox.resources.urls import check_url
from stripe_sandbox.sandbox import API_VERSION, Sandbox

endpoints = Endpoints()

_KIND = "webhook_endpoint"


def register(sandbox: Sandbox, url: str, enabled_events: list[str]) -> Json:
    """Keep a new endpoint; return it with its secret, which is not shown again."""
    check_url(url, "url")
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
    sandbox.note(row["id"], secret=secret, ids=sandbox.state.counts.get("ids", 0))
    return {**row, "secret": secret}


def secret_of(sandbox: Sandbox, url: str) -> str:
    """Return the signing secret of the endpoint at `url`, registered for every event if new."""
    with sandbox.lock:
        known = [row for row in sandbox.newest_first(_KIND) if row["url"] == url]
        row = known[0] if known else register(sandbox, url, ["*"])
        return str(sandbox.note(row["id"])["secret"])


@endpoints(
    "POST /v1/webhook_endpoints", takes="api_version description enabled_events metadata url"
)
def create(call: Call) -> Json:
    """Register an endpoint. Events have one version here, so no other can be asked for."""
    params = call.params
    if params.get("api_version", API_VERSION) != API_VERSION:
        raise lacking("api_version")
    fields = _fields({}, params)
    shown = register(call.sandbox, params["url"], params["enabled_events"])
    row = call.sandbox.get(_KIND, shown["id"])
    kept = call.sandbox.change(row, **fields, api_version=params.get("api_version"))
    return {**kept, "secret": shown["secret"]}


@endpoints("GET /v1/webhook_endpoints/{}")
def retrieve(call: Call, endpoint_id: str) -> Json:
    """Return one endpoint, without its secret."""
    return call.sandbox.get(_KIND, endpoint_id)


@endpoints(
    "POST /v1/webhook_endpoints/{}", takes="description disabled enabled_events metadata url"
)
def update(call: Call, endpoint_id: str) -> Json:
    """Change an endpoint's URL, events, description or metadata, or disable it."""
    row = call.sandbox.get(_KIND, endpoint_id)
    return call.sandbox.change(row, **_fields(row["metadata"], call.params))


@endpoints("GET /v1/webhook_endpoints", takes="")
def list_all(call: Call) -> Json:
    """Return the endpoints, the newest first."""
    return listed(call.sandbox, _KIND, call.params, "/v1/webhook_endpoints")


@endpoints("DELETE /v1/webhook_endpoints/{}")
def delete(call: Call, endpoint_id: str) -> Json:
    """Forget an endpoint; deliveries to it end."""
    call.sandbox.get(_KIND, endpoint_id)
    call.sandbox.remove(_KIND, endpoint_id)
    return {"id": endpoint_id, "object": _KIND, "deleted": True}


def _fields(metadata: dict[str, str], params: Json) -> Json:
    """Return the fields that the parameters change."""
    names = ("description", "enabled_events", "url")
    fields: Json = {name: params[name] for name in names if name in params}
    if "url" in params:
        check_url(params["url"], "url")
    if "disabled" in params:
        fields["status"] = "disabled" if params["disabled"] else "enabled"
    if "metadata" in params:
        fields["metadata"] = merged(metadata, params["metadata"])
    return fields
