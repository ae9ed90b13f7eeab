"""Runs a document's bash blocks one after another in one shell, as a reader would paste them.

A block in `http` or `text` after it is what the reader should see: ids and moments may differ,
all else is compared.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from tests.architecture.imports import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = {"http", "text"}
STATUS = re.compile(r"^HTTP/1\.1 [0-9]{3}$", re.MULTILINE)
BETWEEN = "\x1e"
# The reader's demo lives in var/; this one's settings are in the environment already.
PRELUDE = """
set -euo pipefail
command -v curl > /dev/null || { echo 'The tour needs curl. Install it.'; exit 1; }
make() { [ "$1" = flask ]; eval "flask ${2#ARGS=}"; }
"""
VARYING = {
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"): "<moment>",
    re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b"): "<number>",
    re.compile(r"\?v=[0-9a-f]+"): "?v=…",
    re.compile(r'"stock": ?[0-9]+'): '"stock": 0',
    re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"): "<token>",
    re.compile(r"fsk_[0-9A-Za-z]+_[0-9A-Za-z]+"): "fsk_…",
    re.compile(r"\b([a-z]+_(?:test_)?)[0-9A-Za-z]{10,}"): r"\1…",
    re.compile(r"_secret_[0-9A-Za-z]+"): "_secret_…",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One block, and what a reader sees then; None where the document doesn't show it."""

    commands: str
    shown: str | None


def steps_of(document: str) -> list[Step]:
    """Return the blocks that a reader would paste, in order."""
    blocks = [*BLOCK.findall(document), ("", "")]
    return [
        Step(body, blocks[number + 1][1] if blocks[number + 1][0] in SHOWN else None)
        for number, (kind, body) in enumerate(blocks)
        if kind == "bash"
    ]


def outputs(steps: list[Step], *, environment: Mapping[str, str]) -> list[str]:
    """Run every step and return what each printed; the shell stops at the first that fails."""
    script = PRELUDE + f"\nprintf '{BETWEEN}'\n".join(step.commands for step in steps)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout.split(BETWEEN)


def seen(text: str) -> tuple[list[str], object, list[str]]:
    """Return what a reader sees: statuses, JSON and other words, without what varies."""
    for pattern, name in VARYING.items():
        text = pattern.sub(name, text)
    statuses = STATUS.findall(text)
    words, brace, answer = STATUS.sub("", text).partition("{")
    return statuses, json.loads(brace + answer) if brace else None, words.split()
