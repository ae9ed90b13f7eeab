"""Reads what the code offers and what the documents name, so that a test can compare them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from flask import Flask

from storefront.config import read_settings
from tests.architecture.imports import ROOT

FLASKS_OWN_COMMANDS = {"run", "shell", "routes", "db"}
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
IN_THE_ENVIRONMENT = re.compile(r'os\.environ(?:\.get\(|\[)"([A-Z_]+)"')
IN_THE_EXAMPLE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
IN_THE_MAKEFILE = re.compile(r"^([a-z-]+):.*## ", re.MULTILINE)
ROUTE = re.compile(r"`(/[^`\s?]*)`")


def documents() -> list[str]:
    """Return the text of every document."""
    return [path.read_text() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))]


def settings_in_the_code(valid: Mapping[str, str]) -> set[str]:
    """Return the names that the shop and its server read, given a `valid` environment."""
    asked = Listening(valid)
    read_settings(asked)
    return asked.names | set(IN_THE_ENVIRONMENT.findall((ROOT / "gunicorn.conf.py").read_text()))


def settings_in_the_example() -> set[str]:
    """Return the names that `.env.example` lists."""
    return set(IN_THE_EXAMPLE.findall((ROOT / ".env.example").read_text()))


def targets_in_the_makefile() -> set[str]:
    """Return the targets that `make` lists."""
    return set(IN_THE_MAKEFILE.findall((ROOT / "Makefile").read_text()))


def paths_on_the_map() -> list[str]:
    """Return the paths in the first column of the README's map; a bare name is beside the last."""
    section = (ROOT / "README.md").read_text().partition("\n## The map of the code\n")[2]
    rows = [row for row in section.partition("\n## ")[0].splitlines() if row.startswith("|")]
    found: list[str] = []
    for row in rows:
        folder = ""
        for name in re.findall(r"`([^`]+)`", row.split("|")[1]):
            folder = folder if "/" not in name.rstrip("/") else f"{name.partition('/')[0]}/"
            found.append(name if name.startswith(folder) else folder + name)
    return found


def modules_of_the_shop() -> set[str]:
    """Return the shop's modules and packages, those in its packages apart."""
    shop = ROOT / "storefront"
    modules = {path.name for path in shop.glob("[!_]*.py")}
    packages = {f"{path.parent.name}/" for path in shop.glob("*/__init__.py")}
    return {f"storefront/{name}" for name in modules | packages}


def routes_in_the_code(app: Flask) -> set[str]:
    """Return every rule of the shop, as Flask writes it, static files apart."""
    rules = (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")
    return {rule.rule.replace("<id:", "<") for rule in rules}


def commands_in_the_code(app: Flask) -> set[str]:
    """Return the names of our own flask commands."""
    return set(app.cli.commands) - FLASKS_OWN_COMMANDS


def routes_in(page: str) -> set[str]:
    """Return the paths in the first column of the table under the heading "Pages"."""
    section = page.partition("\n## Pages\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    return {route for cell in rows for route in ROUTE.findall(cell)}


def words_after(program: str, texts: Iterable[str]) -> set[str]:
    """Return what follows `make` or `flask` where the documents show code."""
    word = re.compile(rf"(?:^|[`/\s]){program} ([a-z][a-z-]*)")
    return {found for text in texts for code in CODE.findall(text) for found in word.findall(code)}


def shell_lines(text: str) -> list[str]:
    """Return what a document's shell blocks tell one to type, comments left out."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


class Listening(dict[str, str]):
    """An environment that remembers which names it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Answer as a dict does, and remember."""
        self.names.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.names.add(key)
        return super().__getitem__(key)
