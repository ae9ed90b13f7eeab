"""The SDK's typed sources, parsed and never imported: its classes, its fields, its routes."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def endpoints() -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield ("POST /v1/refunds/{}", (module, class of the parameters)) for each service method."""
    for path in sorted(sdk().rglob("_*_service.py")):
        module = str(path.relative_to(sdk()).with_suffix(""))
        for service in source(module).classes.values():
            for method in service.body:
                if isinstance(method, ast.FunctionDef) and (route := _route(method)):
                    yield route, _params_class(module, method)


@dataclass(frozen=True)
class Source:
    """One module of the SDK: its classes by name, and where its imported names come from."""

    classes: dict[str, ast.ClassDef]
    imports: dict[str, tuple[str, str]]


@cache
def sdk() -> Path:
    """Return the folder of the installed SDK; exit with a sentence when there is none."""
    spec = find_spec("stripe")
    if spec is None or spec.origin is None:
        sys.exit("The stripe package is not installed: run make install.")
    return Path(spec.origin).parent


@cache
def source(module: str) -> Source:
    """Return a module by its path inside the SDK: "_charge", "checkout/_session"."""
    tree = ast.parse((sdk() / f"{module}.py").read_text(encoding="utf-8"))
    imports = {
        alias.asname or alias.name: (
            node.module.removeprefix("stripe.").replace(".", "/"),
            alias.name,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stripe.")
        for alias in node.names
        if node.module
    }
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return Source(classes, imports)


def annotations(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the annotated fields of a class."""
    for child in node.body:
        if isinstance(child, ast.AnnAssign):
            yield ast.unparse(child.target), child.annotation


def object_name(node: ast.ClassDef) -> str:
    """Return what the API calls a class: "checkout.session"; "" for a part of an object."""
    for child in node.body:
        if isinstance(child, ast.AnnAssign) and ast.unparse(child.target) == "OBJECT_NAME":
            return str(re.findall(r"Literal\['(.*?)'\]", ast.unparse(child.annotation))[0])
    return ""


def _route(method: ast.FunctionDef) -> str | None:
    for node in ast.walk(method):
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_request"):
            continue
        verb = ast.literal_eval(node.args[0])
        path = next(
            (item.value for item in ast.walk(node.args[1]) if isinstance(item, ast.Constant)), ""
        )
        return f"{verb.upper()} {re.sub(r'{[^}]*}', '{}', str(path))}"
    return None


def _params_class(module: str, method: ast.FunctionDef) -> tuple[str, str]:
    for argument in method.args.args:
        if argument.arg == "params" and argument.annotation:
            name = re.findall(r"(\w+Params)", ast.unparse(argument.annotation))
            if name:
                return source(module).imports[name[0]]
    return "", ""
