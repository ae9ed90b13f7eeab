"""Every endpoint checks its parameters as Stripe does, and ignores none of them in silence."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from stripe_sandbox.app import RESOURCES
from stripe_sandbox.protocol.parameters import ALWAYS_TAKEN
from stripe_sandbox.protocol.shapes import UNLISTED, parameters_of
from stripe_sandbox.protocol.transport import Endpoint
from tests.sandbox.conftest import World
from tests.sandbox.sdk_types import complaints

ENDPOINTS = {endpoint.route: endpoint for resource in RESOURCES for endpoint in resource.endpoints}
LISTED = [endpoint for route, endpoint in ENDPOINTS.items() if route not in UNLISTED]
SAMPLES = {"boolean": "true", "integer": "1", "number": "1.5", "string": "x"}
WRONG = {
    "integer": ("x", "parameter_invalid_integer"),
    "boolean": ("x", None),
    "number": ("x", None),
}

Pairs = list[tuple[str, str]]


@pytest.fixture(scope="module")
def sandbox() -> World:
    """One sandbox for all; nothing here gets as far as to change it."""
    return World()


def each(endpoints: list[Endpoint]) -> Any:
    return pytest.mark.parametrize("endpoint", endpoints, ids=lambda one: one.route)


def tree_of(endpoint: Endpoint) -> dict[str, Any]:
    return {name.rstrip("!"): kind for name, kind in parameters_of(endpoint.route).items()}


def is_taken(endpoint: Endpoint, name: str) -> bool:
    """Whether an endpoint says that it honours a parameter."""
    taken = {word.partition(".")[0] for word in (endpoint.takes or "").split()}
    return endpoint.takes is None or name in ALWAYS_TAKEN or name in taken


def sample(kind: Any, name: str) -> Pairs:
    """Return form fields that are a valid value of a type; none where there is no such form."""
    match kind:
        case str():
            return [(name, SAMPLES[kind])] if kind in SAMPLES else []
        case [member]:
            return sample(member, f"{name}[0]")
        case {"=enum": words}:
            return [(name, words[0])]
        case {"=map": member}:
            return sample(member, f"{name}[a]")
        case {"=any": members}:
            return next((found for one in members if (found := sample(one, name))), [])
        case _:
            return sample_of_hash(kind, name)


def sample_of_hash(tree: dict[str, Any], name: str) -> Pairs:
    """Return the required fields of a hash, or else the first that has a form."""
    wanted = required(tree, name)
    if wanted or not tree:
        return wanted
    found = (sample(kind, f"{name}[{field}]") for field, kind in tree.items())
    return next((pairs for pairs in found if pairs), [])


def required(tree: dict[str, Any], prefix: str = "") -> Pairs:
    """Return valid values of all that a hash must have."""
    names = [name[:-1] for name in tree if name.endswith("!")]
    return [
        pair
        for name in names
        for pair in sample(tree[f"{name}!"], f"{prefix}[{name}]" if prefix else name)
    ]


def refused(world: World, endpoint: Endpoint, pairs: Pairs) -> tuple[int, Any, Any]:
    """Return status, code and param of the answer to a request."""
    path = endpoint.route.split(" ")[1].replace("{}", "nothing_1")
    form = urlencode(pairs)
    is_post = endpoint.method == "POST"
    url = path if is_post else f"{path}?{form}"
    answer = world.call(endpoint.method, url, form if is_post else "")
    error = answer.json().get("error", {})
    assert list(complaints(answer.json())) == []
    return answer.status_code, error.get("code"), error.get("param")


@each(LISTED)
def test_an_unknown_parameter_is_named(sandbox: World, endpoint: Endpoint) -> None:
    pairs = [*required(parameters_of(endpoint.route)), ("nonsense[a]", "1")]

    assert refused(sandbox, endpoint, pairs) == (400, "parameter_unknown", "nonsense")


@each([one for one in LISTED if required(parameters_of(one.route))])
def test_a_missing_parameter_is_named(sandbox: World, endpoint: Endpoint) -> None:
    name = next(name for name in parameters_of(endpoint.route) if name.endswith("!"))[:-1]

    assert refused(sandbox, endpoint, []) == (400, "parameter_missing", name)


def scalars(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    return (
        (name, kind)
        for name, kind in tree_of(endpoint).items()
        if isinstance(kind, str) and kind in WRONG
    )


@each([one for one in LISTED if any(scalars(one))])
def test_a_value_of_the_wrong_type_is_named(sandbox: World, endpoint: Endpoint) -> None:
    needed = required(parameters_of(endpoint.route))
    for name, kind in scalars(endpoint):
        value, code = WRONG[kind]
        pairs = [*((key, text) for key, text in needed if key != name), (name, value)]
        assert refused(sandbox, endpoint, pairs) == (400, code, name)
        as_hash = [*((key, text) for key, text in needed if key != name), (f"{name}[a]", "1")]
        assert refused(sandbox, endpoint, as_hash) == (400, code, name)


@each([one for one in ENDPOINTS.values() if "{}" in one.route])
def test_an_unknown_id_is_a_404(sandbox: World, endpoint: Endpoint) -> None:
    pairs = required(parameters_of(endpoint.route)) + NEEDED_FIRST.get(endpoint.route, [])

    status, code, _ = refused(sandbox, endpoint, pairs)

    assert (status, code) == (404, "resource_missing")


NEEDED_FIRST = {
    "POST /v1/payment_methods/{}/attach": [("customer", "cus_1")],
    "POST /v1/payment_pages/{}/confirm": [("payment_method", "pm_card_visa")],
}
"""What these look at before they look for the object."""


@each(LISTED)
def test_what_is_not_honoured_is_refused(sandbox: World, endpoint: Endpoint) -> None:
    needed = required(parameters_of(endpoint.route))
    for name, kind in tree_of(endpoint).items():
        pairs = sample(kind, name)
        if is_taken(endpoint, name) or not pairs:
            continue
        status, _, param = refused(sandbox, endpoint, needed + pairs)
        assert (status, param) == (501, name)


@each(LISTED)
def test_an_endpoint_says_what_it_honours(endpoint: Endpoint) -> None:
    taken = {word.partition(".")[0] for word in (endpoint.takes or "").split()}

    assert taken <= {name for one in LISTED for name in tree_of(one)}
    assert endpoint.takes is not None or tree_of(endpoint).keys() <= set(ALWAYS_TAKEN)


def test_what_is_lacking_may_be_switched_off(world: World) -> None:
    off = {"allow_promotion_codes": False, "automatic_tax": {"enabled": False}}

    assert world.checkout(**off).status == "open"
