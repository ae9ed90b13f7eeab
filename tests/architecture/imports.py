"""Reads who imports whom from the syntax tree, and says what breaks the rules."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]

# A module may import its own layer and those below. One that stands in no other layer is a
# story (catalog, cart, checkout, events …).
DOORS = {
    "storefront",
    "storefront.cli",
    "storefront.cli_callers",
    "storefront.cli_money",
    "storefront.cli_operator",
}
GROUND = {
    f"storefront.{name}"
    for name in (
        "lifecycle",
        "evidence",
        "money",
        "languages",
        "config",
        "config.api",
        "config.reading",
        "db",
        "clock",
        "ids",
        "group_commit",
        "write_queue",
        "gateway_errors",
        "breaker",
        "gateway_lists",
        "params",
        "scopes",
        "columns",
        "exchanges",
        "connections",
        "prepared",
        "fields",
        "reports",
    )
}
ACTORS = {
    "storefront.models",
    "storefront.models.callers",
    "storefront.models.money_back",
    "storefront.models.records",
    "storefront.models.shop",
    "storefront.gateway",
    "storefront.controls",
    "storefront.transitions",
    "storefront.calls",
    "storefront.attentions",
    "storefront.outbox",
    "storefront.cursors",
}
LAYERS = ("ground", "actors", "stories", "views", "doors")

# Beside the doors and the views, these read something of the running application.
READ_THE_APPLICATION = {
    f"storefront.{name}" for name in ("config", "gateway", "controls", "db", "clock", "jwks")
}
MAY_IMPORT_STRIPE = {"storefront.gateway"}
# What the pure modules may import beside the standard library and each other.
PURE: Mapping[str, set[str]] = {
    "storefront.lifecycle": set(),
    "storefront.evidence": set(),
    "storefront.fields": set(),
    "storefront.reports": set(),
    "storefront.money": {"babel"},
    "storefront.languages": set(),
}


def sources(*packages: str) -> dict[str, str]:
    """Return the source of every module of these packages, by its dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): (
            path.read_text()
        )
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def violations(modules: Mapping[str, str]) -> list[str]:
    """Return a sentence for every import that breaks a rule, and for a circle of imports."""
    graph = {name: set(imported(name, source, modules)) for name, source in modules.items()}
    found = [
        f"{name} imports {target}: {reason}"
        for name, targets in graph.items()
        for target in sorted(targets)
        if (reason := refusal(name, target))
    ]
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        found.append("These import each other in a circle: " + " → ".join(circle.args[1]))
    return found


def refusal(importer: str, target: str) -> str | None:
    """Return why `importer` may not import `target`, or None."""
    package, foreign = importer.partition(".")[0], target.partition(".")[0]
    if "stripe_sandbox" in {package, foreign} and package != foreign:
        return _refusal_at_the_sandbox(package, foreign)
    if package != "storefront":
        return None
    if foreign == "storefront":
        if LAYERS.index(layer(target)) > LAYERS.index(layer(importer)):
            return f"{layer(target)} stand above {layer(importer)}"
    elif foreign == "stripe" and importer not in MAY_IMPORT_STRIPE:
        return "only the gateway knows the SDK"
    elif foreign in {"flask", "flask_babel"} and not _may_import_flask(importer):
        return "flask belongs to the views, the doors and those that read the application"
    return _refusal_of_the_pure(importer, target)


def layer(module: str) -> str:
    """Return the layer that a module of the shop stands in."""
    if module in DOORS:
        return "doors"
    if module.startswith("storefront.views"):
        return "views"
    if module in GROUND:
        return "ground"
    return "actors" if module in ACTORS else "stories"


def imported(name: str, source: str, modules: Mapping[str, str]) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(name, node, modules)
            for alias in node.names:
                whole = f"{origin}.{alias.name}"
                yield whole if whole in modules else origin


def _origin(name: str, node: ast.ImportFrom, modules: Mapping[str, str]) -> str:
    """Return the absolute name of what `from … import` imports from."""
    if not node.level:
        return node.module or ""
    is_package = any(other.startswith(f"{name}.") for other in modules)
    parents = name.split(".")[: None if is_package and node.level == 1 else -node.level]
    return ".".join([*parents, *([node.module] if node.module else [])])


def _refusal_at_the_sandbox(package: str, foreign: str) -> str | None:
    if foreign == "stripe_sandbox":
        return "the sandbox is reached over HTTP only"
    if foreign in {"storefront", "stripe", "scripts"}:
        return "the sandbox is a program of its own"
    return None


def _may_import_flask(importer: str) -> bool:
    return importer in READ_THE_APPLICATION or layer(importer) in {"views", "doors"}


def _refusal_of_the_pure(importer: str, target: str) -> str | None:
    if importer not in PURE or target in PURE:
        return None
    top = target.partition(".")[0]
    if top in sys.stdlib_module_names or top in PURE[importer]:
        return None
    return "this module is pure"
