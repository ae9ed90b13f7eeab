"""The faults of `mutants.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple


class Mutant(NamedTuple):
    """One fault: `old` becomes `new` in `path`, and `test` must fail; `name` says what breaks."""

    name: str
    path: str
    old: str
    new: str
    test: str


TABLE = tomllib.loads(Path(__file__).with_name("mutants.toml").read_text())
MUTANTS = tuple(Mutant(**each) for each in TABLE["mutant"])
