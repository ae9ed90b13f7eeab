"""What Stripe's API takes and gives, as the SDK declares it.

`shapes.json` is written by `scripts/sandbox_shapes.py` from the installed SDK's types; a test fails
when the two differ. A parameter's type there is a word ("string", "integer", "boolean", "number",
"empty"), a hash of names (a `!` marks a required one), a list with one member, or one of
`{"=map": type}`, `{"=any": [types]}`, `{"=enum": [words]}`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]

UNLISTED: Json = {
    "GET /v1/payment_pages/{}": {"expand": ["string"], "=rest": "anything"},
    "POST /v1/payment_pages/{}/confirm": {
        "expand": ["string"],
        "expected_amount": "integer",
        "payment_method": "string",
        "=rest": "anything",
    },
    "POST /v1/events/{}/retry": {
        "account": "string",
        "expand": ["string"],
        "for_stripecli": "boolean",
        "webhook_endpoint": "string",
    },
    "POST /v1/stripecli/sessions": {
        "device_name": "string",
        "forward_to_url": "string",
        "websocket_features!": ["string"],
        "=rest": "anything",
    },
}
"""The routes that the Stripe CLI calls and the SDK doesn't have. `=rest` lets other names pass."""


def blank(path: str, **fields: Any) -> Json:
    """Return an object with every nullable field null and `fields` over them.

    `path` names the object, or a hash inside it: `charge`, `charge.payment_method_details.card`.
    """
    return {**dict.fromkeys(_shapes()["objects"][path]["null"]), **fields}


def parameters_of(route: str) -> Json:
    """Return the parameters of `POST /v1/refunds/{}` and the like."""
    tree: Json = UNLISTED[route] if route in UNLISTED else _shapes()["endpoints"][route]
    return tree


def is_route_of_stripe(route: str) -> bool:
    """Whether Stripe itself has this route, so that ours is missing rather than misspelt."""
    return route in _routes()


def begins_a_path(beginning: str) -> bool:
    """Whether a path of Stripe's begins like this."""
    *whole, last = beginning.split("/")
    return any(
        len(known) > len(whole)
        and all(each in {"{}", given} for each, given in zip(known, whole, strict=False))
        and (known[len(whole)] == "{}" or known[len(whole)].startswith(last))
        for known in _paths()
    )


def event_types() -> list[str]:
    """Return every type of event that an endpoint can ask for, and `*`."""
    [words] = parameters_of("POST /v1/webhook_endpoints")["enabled_events!"]
    types: list[str] = words["=enum"]
    return types


def expandable_in(object_name: str) -> dict[str, str]:
    """Return the fields that `expand` can name, each with the object its id becomes."""
    fields: dict[str, str] = _shapes()["objects"].get(object_name, {}).get("expand", {})
    return fields


@cache
def _shapes() -> Json:
    text = (Path(__file__).parent / "shapes.json").read_text(encoding="utf-8")
    content: Json = json.loads(text)
    return content


@cache
def _paths() -> list[list[str]]:
    return [route.split(" ")[1].split("/") for route in (*_routes(), *UNLISTED)]


@cache
def _routes() -> frozenset[str]:
    return frozenset(_shapes()["routes"])
