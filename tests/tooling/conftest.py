"""What these suites share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts.demo_environment import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the project whose `var/` is its own."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for entry in ROOT.iterdir():
        if entry.name not in {"scripts", "var", ".env"}:
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path
