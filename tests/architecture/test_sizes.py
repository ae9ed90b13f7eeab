"""Small enough to read: no module over 300 lines, no function over 40, no template over 80."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.imports import ROOT

MODULE, FUNCTION, TEMPLATE = 300, 40, 80


def test_every_module_is_short() -> None:
    assert list(too_long(python_files("storefront", "stripe_sandbox", "scripts", "tests"))) == []


def test_every_function_is_short() -> None:
    files = python_files("storefront", "stripe_sandbox", "scripts")

    assert [name for path in files for name in long_functions(path.read_text())] == []


def test_every_template_is_short() -> None:
    assert list(too_long(sorted((ROOT / "templates").rglob("*.html")), TEMPLATE)) == []


def test_a_long_module_and_a_long_function_are_found(tmp_path: Path) -> None:
    source = "def long():\n" + "    x = 1\n" * MODULE
    (tmp_path / "long.py").write_text(source)

    assert list(too_long([tmp_path / "long.py"])) == ["long.py: 301 lines"]
    assert long_functions(source) == ["long: 301 lines"]


def too_long(paths: list[Path], limit: int = MODULE) -> Iterator[str]:
    """Yield a line for each file over the limit."""
    for path in paths:
        if (lines := len(path.read_text().splitlines())) > limit:
            yield f"{path.name}: {lines} lines"


def long_functions(source: str) -> list[str]:
    """Return a line for each function that is too long, its docstring included."""
    functions = (
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [f"{name}: {lines} lines" for name, lines in functions if lines > FUNCTION]


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of these folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
