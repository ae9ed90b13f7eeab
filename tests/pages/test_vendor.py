"""Files by others are the published ones, and each is accounted for."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "static" / "vendor"
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|.*\| `(?P<sha256>[0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_vendored_file_is_the_one_its_readme_lists() -> None:
    readme = (VENDOR / "README.md").read_text(encoding="utf-8")
    listed = {row["name"]: row["sha256"] for row in ROW.finditer(readme)}
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "README.md"
    }

    assert found == listed


def test_every_vendored_file_has_its_licence_beside_it() -> None:
    files = [path for path in VENDOR.iterdir() if path.suffix in {".js", ".woff2"}]

    assert files
    for file in files:
        licence = VENDOR / f"{file.name.partition('.')[0]}.LICENSE.txt"
        assert licence.is_file(), f"{licence.name} is missing"
