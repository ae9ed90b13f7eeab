"""Reads docs/sandbox.md: its sections, and what stands in their tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.architecture.imports import ROOT

PAGE = (ROOT / "docs" / "sandbox.md").read_text()
_CODE = re.compile(r"`([^`]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_METHODS = {"POST", "GET", "DELETE"}


def section(title: str, page: str = PAGE) -> str:
    """Return what stands below a heading; raise KeyError when there is none of this name."""
    headings = list(_HEADING.finditer(page))
    for at, heading in enumerate(headings):
        if heading[1] == title:
            ends = [each.start() for each in headings[at + 1 :]]
            return page[heading.end() : min(ends, default=len(page))]
    raise KeyError(title)


def rows(title: str, page: str = PAGE) -> Iterator[dict[str, str]]:
    """Yield the rows of every table in a section, each cell by its column's name."""
    names: list[str] = []
    for line in section(title, page).splitlines():
        if not line.startswith("|"):
            names = []
        elif not names:
            names = _cells(line)
        elif not line.startswith("| ---"):
            yield dict(zip(names, _cells(line), strict=True))


def codes(text: str) -> list[str]:
    """Return what is written as code."""
    return _CODE.findall(text)


def routes(title: str, page: str = PAGE) -> set[str]:
    """Return the routes in a section's table, as `POST /v1/refunds/{}`."""
    return {
        f"{method} {re.sub(r'{[^}]*}', '{}', codes(row['path'])[0])}"
        for row in rows(title, page)
        for method in _METHODS & row.keys()
        if row[method]
    }


def anchors(page: str = PAGE) -> set[str]:
    """Return the names by which a page's headings can be linked to."""
    words = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in _HEADING.findall(page))
    return {each.replace(" ", "-") for each in words}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
