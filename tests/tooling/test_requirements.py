"""What is installed is pinned, hashed, explained, and names no machine of ours."""

from __future__ import annotations

import re

import pytest

from scripts.demo_environment import ROOT

LISTS = ("requirements", "requirements-dev")


@pytest.mark.parametrize("name", LISTS)
def test_every_pin_has_a_hash(name: str) -> None:
    pins = (ROOT / f"{name}.txt").read_text().replace("\\\n", " ").splitlines()
    packages = [line for line in pins if re.match(r"[a-z]", line)]

    assert len(packages) > 15
    assert [line for line in packages if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("name", LISTS)
def test_no_pin_names_an_index_or_a_path(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()

    assert re.findall(r"(?m)^-.*|https?://\S+|file:\S+|.*@ .*", text) == []


@pytest.mark.parametrize("name", LISTS)
def test_every_package_that_we_chose_is_pinned_and_explained(name: str) -> None:
    chosen = re.findall(
        r"(?m)^([a-z0-9-]+)(?:\[\w+\])?(==[\w.]+)", (ROOT / f"{name}.in").read_text()
    )
    pinned = (ROOT / f"{name}.txt").read_text()
    explained = (ROOT / "docs" / "dependencies.md").read_text()

    assert len(chosen) > 8
    assert [package + pin for package, pin in chosen if f"\n{package}{pin} " not in pinned] == []
    assert [package for package, _ in chosen if not re.search(rf"\b{package}\b", explained)] == []
