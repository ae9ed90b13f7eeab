"""What the sandbox has, read from the program: its routes, its events, the parameters it lacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from stripe_sandbox.app import RESOURCES, create_sandbox
from stripe_sandbox.protocol.parameters import ALWAYS_TAKEN
from stripe_sandbox.protocol.shapes import parameters_of
from tests.architecture.imports import ROOT

ENDPOINTS = [endpoint for resource in RESOURCES for endpoint in resource.endpoints]


def refused_parameters() -> Iterator[tuple[str, set[str]]]:
    """Yield every endpoint with the parameters that it refuses, the hashes of other types apart."""
    for endpoint in ENDPOINTS:
        if endpoint.takes is not None:
            tree = {name.rstrip("!"): kind for name, kind in parameters_of(endpoint.route).items()}
            taken = {word.partition(".")[0] for word in endpoint.takes.split()}
            types = tree.get("type", {}) if endpoint.route == "POST /v1/payment_methods" else {}
            others = {"=rest", *ALWAYS_TAKEN, *taken, *types.get("=enum", [])}
            yield endpoint.route, tree.keys() - others


def answered_routes() -> Iterator[str]:
    """Yield what the application answers, as `GET /c/pay/{}`, every alternative by itself."""
    for rule in create_sandbox().url_map.iter_rules():
        for path in _alternatives(rule.rule):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield f"{method} {re.sub(r'<[^>]*>', '{}', path)}"


def emitted_types() -> set[str]:
    """Return the types of the events that the sandbox's source tells of."""
    calls = [
        call
        for path in (ROOT / "stripe_sandbox").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"emit", "_emitted"}
    ]
    kinds = [call.args[1] for call in calls]
    named = {kind.value for kind in kinds if isinstance(kind, ast.Constant)}
    # `charges._emitted` hands its own parameter on.
    assert [ast.unparse(kind) for kind in kinds if not isinstance(kind, ast.Constant)] == ["kind"]
    return {str(kind) for kind in named}


def _alternatives(rule: str) -> list[str]:
    """Return the rules that `<any(win, lose):outcome>` in a rule stands for."""
    choices = re.search(r"<any\(([^)]*)\):\w+>", rule)
    return (
        [rule.replace(choices[0], word) for word in choices[1].split(", ")] if choices else [rule]
    )
